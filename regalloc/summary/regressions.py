"""The functions that the trained policy made worst."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from regalloc.report.report import Part
from regalloc.report.rows import DEFAULT, POLICY, FunctionCost, FunctionRow

REGRESSIONS = 10
"""Functions that are shown one by one."""


@dataclass(frozen=True)
class Regression:
    """A function that the trained policy made worse.

    Attributes:
        row: the function.
        ratio: its score over the default's.
        command: how to see it, where the module is still there.
    """

    row: FunctionRow
    ratio: float
    command: str | None

    @property
    def default(self) -> FunctionCost:
        """Return what the default heuristic left."""
        return self.row.costs[DEFAULT]

    @property
    def policy(self) -> FunctionCost:
        """Return what the trained policy left."""
        return self.row.costs[POLICY]


def describe_regressions(part: Part, commands: Mapping[tuple[str, str], str]) -> list[Regression]:
    """Return what a page shows of the worst functions.

    Args:
        part: the modules that they are looked for in.
        commands: how to see a function, by module and function.
    """
    return [
        Regression(row, rate(row, POLICY) or 1.0, commands.get((row.module, row.function)))
        for row in find_regressions(part, REGRESSIONS)
    ]


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
