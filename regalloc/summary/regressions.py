"""The functions that the trained policy made worst."""

from __future__ import annotations

from regalloc.report.report import Part
from regalloc.report.rows import DEFAULT, POLICY, FunctionRow

REGRESSIONS = 10
"""Functions that are shown one by one."""


def find_regressions(part: Part, count: int) -> list[FunctionRow]:
    """Return the functions that the trained policy made worst, the worst first."""
    ranked = [(rate(row, POLICY), row) for row in part.function_rows]
    worse = [(ratio, row) for ratio, row in ranked if ratio is not None and ratio > 1]
    worse.sort(key=lambda pair: (-pair[0], pair[1].module, pair[1].function))
    return [row for _, row in worse[:count]]


def rate(row: FunctionRow, policy: str) -> float | None:
    """Return a function's score ratio under a policy, rounded as it is shown."""
    if policy not in row.costs or row.costs[DEFAULT].score == 0:
        return None
    return round(row.costs[policy].score / row.costs[DEFAULT].score, 5)
