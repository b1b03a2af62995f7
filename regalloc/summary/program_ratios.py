"""What one build of a program executes, holds and costs over its base's, workload by workload."""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping, Sequence
from statistics import fmean

from regalloc.report.counts import Counts
from regalloc.report.programs_result import (
    AGAIN,
    DEFAULT,
    ENDED_WELL,
    ProgramResult,
    ProgramTimes,
    Variant,
)

MEMORY = "loads + stores"
"""What the allocator can save, and what is judged."""

COUNTED: Mapping[str, Callable[[Counts], int]] = {
    "instructions": lambda counts: counts.instructions,
    "loads": lambda counts: counts.data_reads,
    "stores": lambda counts: counts.data_writes,
    MEMORY: lambda counts: counts.data_reads + counts.data_writes,
}
"""Figures that are counted, by name."""

Ratios = dict[str, float]
"""Ratios of one program by workload; 1 is the base, less is better."""


def geometric_mean(ratios: Sequence[float]) -> float:
    """Return the geometric mean of at least one ratio."""
    return math.exp(fmean(math.log(ratio) for ratio in ratios))


def is_compared(program: ProgramResult, variant: Variant) -> bool:
    """Return whether a program's build and its base's ended well."""
    builds = [program.builds.get(name) for name in (variant.name, variant.base)]
    return all(build is not None and build.outcome in ENDED_WELL for build in builds)


def count_ratios(program: ProgramResult, variant: Variant, figure: str) -> Ratios:
    """Return the ratios of a figure; none where a build did not end well.

    Args:
        program: which.
        variant: whose build; the ratios are over its base's.
        figure: a name of :data:`COUNTED`.
    """
    if not is_compared(program, variant):
        return {}
    read = COUNTED[figure]
    return {
        workload.name: read(workload.counts[variant.name]) / read(workload.counts[variant.base])
        for workload in program.workloads
    }


def noise_ratios(program: ProgramResult, figure: str) -> Ratios:
    """Return the ratios of the default's second execution over its first."""
    read = COUNTED[figure]
    return {
        workload.name: read(workload.again) / read(workload.counts[DEFAULT])
        for workload in program.workloads
    }


def text_ratio(program: ProgramResult, variant: Variant) -> float | None:
    """Return the size of the machine code over the base's, or None where one is not known."""
    if not is_compared(program, variant):
        return None
    after, before = (program.builds[name].text for name in (variant.name, variant.base))
    return after / before if before and after else None


def compile_ratio(program: ProgramResult, variant: Variant, times: ProgramTimes) -> float | None:
    """Return the processor time of all compiles over the base's, or None where it is not known."""
    if not is_compared(program, variant):
        return None
    seconds = times.compile_s.get(program.name, {})
    after, before = (seconds.get(name) for name in (variant.name, variant.base))
    return after / before if before and after else None


def wall_ratios(program: ProgramResult, variant: Variant, times: ProgramTimes) -> Ratios:
    """Return the elapsed time over the base's by workload, of those that were timed."""
    return _time_ratios(program, variant.name, variant.base, times)


def wall_noise(program: ProgramResult, times: ProgramTimes) -> Ratios:
    """Return the elapsed time of the default over its own by workload."""
    return _time_ratios(program, AGAIN, DEFAULT, times)


def wall_logs(before: Sequence[float], after: Sequence[float]) -> list[float]:
    """Return the logarithms of the ratios of rounds, each taken as a pair."""
    return [math.log(late / early) for early, late in zip(before, after, strict=True)]


def _time_ratios(program: ProgramResult, after: str, before: str, times: ProgramTimes) -> Ratios:
    return {
        timing.workload: math.exp(fmean(wall_logs(timing.wall_s[before], timing.wall_s[after])))
        for timing in times.timings
        if timing.program == program.name and {after, before} <= timing.wall_s.keys()
    }
