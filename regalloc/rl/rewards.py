"""From scores to rewards, as pure functions.  A score is a cost: lower is better.

Source: ml-compiler-opt, ``compiler_opt/rl/compilation_runner.py``, for reward and moving average;
the rules for zero are ours.
"""

from __future__ import annotations

import math
from collections.abc import Sequence


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


def compute_ratio(scores: Sequence[float], defaults: Sequence[float]) -> float | None:
    """Return the geometric mean of ``score / default``; below 1 beats the default heuristic.

    Functions without a cost on either side have no ratio and do not count.  None means that no
    function counts.

    Raises:
        ValueError: a score is negative or not finite, or the lengths differ.
    """
    pairs = list(zip(scores, defaults, strict=True))
    for score, default in pairs:
        _check(score, default)
    logs = [math.log(score / default) for score, default in pairs if score > 0 and default > 0]
    return math.exp(math.fsum(logs) / len(logs)) if logs else None


def _check(*scores: float) -> None:
    for score in scores:
        if not (math.isfinite(score) and score >= 0.0):
            raise ValueError(f"{score} is no score")
