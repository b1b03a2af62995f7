from __future__ import annotations

import math

import pytest

from regalloc.rl.rewards import compute_reward, update_baseline


@pytest.mark.parametrize(
    ("score", "baseline", "reward"),
    [(1.0, 1.0, 0.0), (0.5, 1.0, 0.5), (3.0, 1.0, -2.0), (0.0, 2.0, 1.0), (0, 0, 0), (5, 0, -1)],
)
def test_reward_is_relative_to_the_baseline(score, baseline, reward):
    assert compute_reward(score, baseline) == reward


@pytest.mark.parametrize("score", [math.nan, math.inf, -1.0])
def test_reward_refuses_what_is_no_score(score):
    with pytest.raises(ValueError, match="is no score"):
        compute_reward(score, 1.0)


@pytest.mark.parametrize(("decay", "baseline"), [(0.0, 2.0), (0.75, 2.5), (1.0, 2.0)])
def test_baseline_moves_towards_the_score(decay, baseline):
    assert update_baseline(2.0, 4.0, decay) == baseline
