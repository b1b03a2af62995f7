"""What real programs did, as the rows of a table, with intervals."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass

from regalloc.report.interval import Interval, Outcome, judge
from regalloc.report.programs_result import (
    ProgramResult,
    ProgramsResult,
    WorkloadResult,
    WorkloadTiming,
)
from regalloc.report.report import Estimate
from regalloc.report.statistics import bootstrap_interval

SEED = 0
"""The rounds are as they were measured; equal pages need equal resamples of them."""

COUNTS = {"instructions": "instructions", "data_reads": "data reads", "data_writes": "data writes"}
ENDED_WELL = ("ok", "same code")


@dataclass(frozen=True)
class Row:
    """One workload of a program that ended well.

    Attributes:
        program: what it belongs to.
        workload: what was counted.
        wall: elapsed time under the policy over the default's; None where it was not taken.
        wall_noise: the default's elapsed time over its own.
    """

    program: ProgramResult
    workload: WorkloadResult
    wall: Estimate | None
    wall_noise: Estimate | None

    @property
    def text_ratio(self) -> float | None:
        """Return the size of the program's machine code over the default's."""
        before, after = self.program.text_default, self.program.text_policy
        return after / before if before and after is not None else None


@dataclass(frozen=True)
class Total:
    """A figure over all programs.

    Attributes:
        name: what was measured.
        estimate: geometric mean over workloads, its interval over programs.
        outcome: what that shows.
    """

    name: str
    estimate: Estimate
    outcome: Outcome


@dataclass(frozen=True)
class Dynamic:
    """What the page shows of programs.

    Attributes:
        content: the results as they were read.
        totals: over all workloads of programs that ended well.
        rows: one per workload.
        failed: programs that did not end well.
    """

    content: ProgramsResult
    totals: tuple[Total, ...]
    rows: tuple[Row, ...]
    failed: tuple[ProgramResult, ...]


def describe_programs(content: ProgramsResult) -> Dynamic:
    """Return what a page shows of the programs' results."""
    timings = {(timing.program, timing.workload): timing for timing in content.times.timings}
    rows = tuple(
        _describe(program, workload, timings.get((program.name, workload.name)))
        for program in content.programs
        if program.outcome in ENDED_WELL
        for workload in program.workloads
    )
    failed = tuple(p for p in content.programs if p.outcome not in ENDED_WELL)
    totals = (*(_count(rows, *count) for count in COUNTS.items()), *_time(rows))
    return Dynamic(content, totals if rows else (), rows, failed)


def _describe(
    program: ProgramResult, workload: WorkloadResult, timing: WorkloadTiming | None
) -> Row:
    if timing is None:
        return Row(program, workload, None, None)
    rounds = timing.wall_s
    wall, noise = (_pair(rounds.default, taken) for taken in (rounds.policy, rounds.again))
    return Row(program, workload, wall, noise)


def _pair(default: Sequence[float], taken: Sequence[float]) -> Estimate:
    logs = [math.log(after / before) for before, after in zip(default, taken, strict=True)]
    return _estimate(logs, None)


def _count(rows: Sequence[Row], field: str, name: str) -> Total:
    ratios = [getattr(row.workload.ratio, field) for row in rows]
    noises = [math.log(getattr(row.workload.noise, field)) for row in rows]
    # Counting is repeatable but for what the kernel does: the largest deviation seen is the noise.
    widest = max((abs(noise) for noise in noises), default=0.0)
    noise = Interval(math.exp(-widest), math.exp(widest))
    estimate = _estimate([math.log(ratio) for ratio in ratios], rows)
    return Total(name, estimate, judge(estimate.interval, noise))


def _time(rows: Sequence[Row]) -> tuple[Total, ...]:
    timed = [row for row in rows if row.wall and row.wall.ratio and row.wall_noise]
    if not timed:
        return ()
    wall = [math.log(row.wall.ratio) for row in timed if row.wall and row.wall.ratio]
    noise = [row.wall_noise.ratio or 1.0 for row in timed if row.wall_noise]
    widest = max(abs(math.log(ratio)) for ratio in noise)
    estimate = _estimate(wall, timed)
    outcome = judge(estimate.interval, Interval(math.exp(-widest), math.exp(widest)))
    return (Total("elapsed time", estimate, outcome),)


def _estimate(logs: Sequence[float], rows: Sequence[Row] | None) -> Estimate:
    """Return a geometric mean; workloads of one program are not independent."""
    clusters = [row.program.name for row in rows] if rows is not None else None
    ratio = math.exp(math.fsum(logs) / len(logs)) if logs else None
    return Estimate(ratio=ratio, interval=bootstrap_interval(logs, SEED, clusters))
