"""From scores to rewards, as pure functions.  A score is a cost: lower is better.

Source: ml-compiler-opt, ``compiler_opt/rl/compilation_runner.py``, for reward and moving average;
the rules for zero are ours.
"""

from __future__ import annotations

import math
from collections.abc import Sequence

LOG_LIMIT = 1.0
"""Largest reward either way: a policy that evicts in circles multiplies a score by thousands, and
one such function would outweigh all others of its batch."""


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


def compute_log_reward(score: float, baseline: float) -> float:
    """Return ``log(baseline / score)`` within ±:data:`LOG_LIMIT`.

    Its sum over functions is what decides the geometric mean of their ratios.  Where only one of
    the two is 0 the reward is the limit.

    Raises:
        ValueError: a score is negative or not finite.
    """
    _check(score, baseline)
    if score == baseline:
        return 0.0
    if score == 0.0 or baseline == 0.0:
        return LOG_LIMIT if score == 0.0 else -LOG_LIMIT
    return min(max(math.log(baseline / score), -LOG_LIMIT), LOG_LIMIT)


def favour_best(rewards: Sequence[float], draws: int) -> list[float]:
    """Return what each of a group's rewards does for the best of so many draws.

    That is ``draws`` times the mean of the best reward over all choices of so many of the group
    which hold it.  Its gradient is that of the expected best of the draws, which is what a search
    keeps: how bad a reward is does not count where nearly every choice holds a better one.  One
    draw gives the rewards as they are.

    Source: https://arxiv.org/abs/2505.15201, which derives it for any reward.

    Args:
        rewards: of a group's rollouts, in any order.
        draws: at least 1, and at most as many as there are rewards.

    Raises:
        ValueError: there are fewer rewards than draws, or no draws.
    """
    number = len(rewards)
    if not 1 <= draws <= number:
        raise ValueError(f"{draws} of {number} rollouts cannot be chosen")
    if draws == 1:
        return list(rewards)
    if len(set(rewards)) == 1:
        # Sums would leave them a rounding error apart, which would be taken for something to learn.
        return [draws * reward for reward in rewards]
    places = sorted(range(number), key=lambda place: rewards[place])
    choices = math.comb(number - 1, draws - 1)
    best = [0.0] * number
    # From the best down. Summed up are the choices whose best is one of those that were passed.
    better = 0.0
    for rank in range(number - 1, -1, -1):
        reward = rewards[places[rank]]
        alone = math.comb(rank, draws - 1) * reward
        best[places[rank]] = draws * (alone + better) / choices
        better += math.comb(rank - 1, draws - 2) * reward if rank else 0.0
    return best


def centre(rewards: Sequence[float]) -> list[float]:
    """Return how much each of a group's rewards is above their mean; exactly 0 if all are equal.

    Source: https://arxiv.org/abs/2402.03300 (GRPO), without the division by the group's deviation,
    which would make a function that hardly varies as important as any other.
    """
    if len(set(rewards)) == 1:
        return [0.0] * len(rewards)
    mean = math.fsum(rewards) / len(rewards)
    return [reward - mean for reward in rewards]


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
