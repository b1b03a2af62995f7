"""Scores of one policy against the default heuristic's, function by function."""

from __future__ import annotations

import math
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

FunctionId = tuple[str, int, str]
"""Module, the function's place among its namesakes in it, and its name."""

EQUAL = 1e-6
"""Relative difference under which two scores are the same: they are logged as float32."""


@dataclass(frozen=True)
class ScoreComparison:
    """A policy beside the default heuristic over a set of functions.

    Attributes:
        functions: functions that both compiled.
        ratio: see :func:`compute_ratio`.
        better: functions with a lower score than the default's.
        equal: functions with the same score.
        worse: functions with a higher score.
        without_ratio: functions whose default or policy score is 0 while the other's is not; they
            count as better or worse, and are no part of the mean.
    """

    functions: int
    ratio: float | None
    better: int
    equal: int
    worse: int
    without_ratio: int


def compare(
    default: Mapping[FunctionId, float], policy: Mapping[FunctionId, float]
) -> ScoreComparison:
    """Compare two sets of scores over the functions that are in both.

    Args:
        default: score of each function with at least one decision, lower is better.
        policy: the same under the policy.
    """
    pairs = [(default[name], policy[name]) for name in sorted(default.keys() & policy.keys())]
    signs = [_sign(base, score) for base, score in pairs]
    return ScoreComparison(
        functions=len(pairs),
        ratio=compute_ratio(pairs),
        better=signs.count(-1),
        equal=signs.count(0),
        worse=signs.count(1),
        without_ratio=sum(log_ratio(base, score) is None for base, score in pairs),
    )


def compute_ratio(pairs: Sequence[tuple[float, float]]) -> float | None:
    """Return the geometric mean of score over default score; 1 is the default, less is better.

    Where one of the two is 0 there is no ratio, and the function does not count.  None means that
    no function counts.

    Args:
        pairs: default score and score of each function, none of them negative.
    """
    logs = [log for base, score in pairs if (log := log_ratio(base, score)) is not None]
    return math.exp(math.fsum(logs) / len(logs)) if logs else None


def identify(module: str, functions: Iterable[tuple[str, float]]) -> dict[FunctionId, float]:
    """Key a module's scores so that functions of one name stay apart.

    Args:
        module: the module's name.
        functions: name and score, in the order of compilation.
    """
    seen: dict[str, int] = {}
    scores: dict[FunctionId, float] = {}
    for function, score in functions:
        scores[(module, seen.get(function, 0), function)] = score
        seen[function] = seen.get(function, 0) + 1
    return scores


def log_ratio(base: float, score: float) -> float | None:
    """Return the logarithm of score over default score, or None where only one of them is 0."""
    if base > 0 and score > 0:
        return math.log(score / base)
    return 0.0 if base == score else None


def _sign(base: float, score: float) -> int:
    if math.isclose(base, score, rel_tol=EQUAL):
        return 0
    return -1 if score < base else 1
