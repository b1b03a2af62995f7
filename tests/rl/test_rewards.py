from __future__ import annotations

import math

import pytest

from regalloc.rl.rounds.rewards import centre, compute_log_reward, compute_reward, update_baseline


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


@pytest.mark.parametrize(("decay", "baseline"), [(0.0, 2.0), (0.75, 2.5), (1.0, 2.0)])
def test_baseline_moves_towards_the_score(decay, baseline):
    assert update_baseline(2.0, 4.0, decay) == baseline
