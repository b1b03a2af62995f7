"""From scores to rewards, as pure functions.  A score is a cost: lower is better.

Source: ml-compiler-opt, ``compiler_opt/rl/compilation_runner.py``, for reward and moving average;
the rules for zero are ours.
"""

from __future__ import annotations

import math


def compute_reward(score: float, baseline: float) -> float:
    """Return ``1 - score / baseline``: 0 is as good as the baseline, 1 costs nothing.

    Without a cost in the baseline the ratio has no meaning: the reward is 0 if there is still no
    cost and -1 if there is, the reward of a doubled cost.

    Raises:
        ValueError: a score is negative or not finite.
    """
    _check(score, baseline)
    if baseline == 0.0:
        return 0.0 if score == 0.0 else -1.0
    return 1.0 - score / baseline


def update_baseline(baseline: float, score: float, decay: float) -> float:
    """Return the next baseline, ``decay * baseline + (1 - decay) * score``.

    A decay of 0 switches the moving average off: the baseline stays the default's score.
    """
    if decay == 0.0:
        return baseline
    return decay * baseline + (1.0 - decay) * score


def _check(*scores: float) -> None:
    for score in scores:
        if not (math.isfinite(score) and score >= 0.0):
            raise ValueError(f"{score} is no score")
