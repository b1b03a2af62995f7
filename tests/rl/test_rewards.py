from __future__ import annotations

import itertools
import math

import pytest

from regalloc.rl.rounds.rewards import (
    centre,
    compute_log_reward,
    compute_reward,
    favour_best,
    update_baseline,
)


@pytest.mark.parametrize(
    ("score", "baseline", "reward"),
    [(1.0, 1.0, 0.0), (0.5, 1.0, 0.5), (3.0, 1.0, -2.0), (0.0, 2.0, 1.0), (0, 0, 0), (5, 0, -1)],
)
def test_reward_is_relative_to_the_baseline(score, baseline, reward):
    assert compute_reward(score, baseline) == reward


@pytest.mark.parametrize(
    ("score", "baseline", "reward"),
    [(2, 2, 0), (0, 0, 0), (0, 5, 1), (5, 0, -1), (1000, 1, -1), (1, 1000, 1)],
)
def test_log_reward_is_limited(score, baseline, reward):
    assert compute_log_reward(score, baseline) == reward


def test_log_reward_is_the_logarithm_of_the_ratio():
    assert compute_log_reward(1.5, 2.0) == math.log(2.0 / 1.5)
    assert compute_log_reward(2.0, 1.5) == math.log(1.5 / 2.0)


@pytest.mark.parametrize("compute", [compute_reward, compute_log_reward])
@pytest.mark.parametrize("score", [math.nan, math.inf, -1.0])
def test_reward_refuses_what_is_no_score(compute, score):
    with pytest.raises(ValueError, match="is no score"):
        compute(score, 1.0)


def test_group_is_centred_at_its_mean():
    assert centre([1.0, 2.0, 6.0]) == [-2.0, -1.0, 3.0]
    # Not a rounding error away from 0, which would be taken for something to learn.
    assert centre([0.1] * 3) == [0.0] * 3


REWARDS = [0.3, -1.0, 0.1, 0.1, 0.7, 0.0]


@pytest.mark.parametrize("draws", [1, 2, 3, 5, 6])
def test_a_reward_is_the_mean_best_of_all_choices_that_hold_it(draws):
    def average(place):
        rest = [reward for other, reward in enumerate(REWARDS) if other != place]
        choices = [(REWARDS[place], *more) for more in itertools.combinations(rest, draws - 1)]
        return draws * math.fsum(max(choice) for choice in choices) / len(choices)

    expected = [average(place) for place in range(len(REWARDS))]
    assert favour_best(REWARDS, draws) == pytest.approx(expected, rel=1e-12)


def test_one_draw_leaves_rewards_as_they_are_to_the_bit():
    assert favour_best(REWARDS, 1) == REWARDS


def test_bad_draws_count_alike_however_bad_they_are():
    mild, bad = favour_best([1.0, 0.0, -0.1, -0.2], 2), favour_best([1.0, 0.0, -0.1, -0.9], 2)
    assert mild[0] - mild[1] > mild[1] - mild[2] > mild[2] - mild[3]
    assert bad[3] == pytest.approx(mild[3])


@pytest.mark.parametrize("draws", [1, 2, 3, 5, 6])
def test_equal_rewards_stay_equal_to_the_bit(draws):
    assert centre(favour_best([0.1] * 6, draws)) == [0.0] * 6


@pytest.mark.parametrize("draws", [0, -1, 7])
def test_the_best_of_more_than_there_are_is_refused(draws):
    with pytest.raises(ValueError, match=f"{draws} of 6 rollouts cannot be chosen"):
        favour_best(REWARDS, draws)


@pytest.mark.parametrize(("decay", "baseline"), [(0.0, 2.0), (0.75, 2.5), (1.0, 2.0)])
def test_baseline_moves_towards_the_score(decay, baseline):
    assert update_baseline(2.0, 4.0, decay) == baseline
