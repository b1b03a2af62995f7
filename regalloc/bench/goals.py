"""The figures that have a target, and the targets."""

from __future__ import annotations

from collections.abc import Sequence

from regalloc.report.bench_parts import Compiles, Goal, Iteration, LearnerName, Steps

MODULES_WANTED = 12.0
FLOOR_WANTED = 3.0
STEPS_WANTED = 5.0
ITERATION_WANTED = 8.0
PEAK_WANTED_MB = 150.0


def compare(
    compiles: Compiles, steps: Sequence[Steps], iterations: Sequence[Iteration]
) -> list[Goal]:
    """Return what was measured beside what is wanted."""
    theirs, ours, floor = (compiles.cost(way) for way in ("upstream", "ours", "floor"))
    goals = [
        _at_least(
            "modules/s per core over upstream's",
            ours.modules_per_s / theirs.modules_per_s,
            MODULES_WANTED,
        ),
        _at_most(
            "processor time over greedy's alone",
            ours.compile_s / floor.compile_s,
            FLOOR_WANTED,
        ),
        _at_least("gradient steps/s over upstream's", _steps_ratio(steps), STEPS_WANTED),
        _at_least(
            "policy iterations over upstream's", _iteration_ratio(iterations), ITERATION_WANTED
        ),
    ]
    if ours.peak_mb is not None:
        goals.append(_at_most("peak memory of a worker", ours.peak_mb, PEAK_WANTED_MB, "MB"))
    return goals


def _steps_ratio(steps: Sequence[Steps]) -> float:
    by_name: dict[LearnerName, Steps] = {one.learner: one for one in steps}
    return by_name["ppo"].steps_per_s / by_name["reference"].steps_per_s


def _iteration_ratio(iterations: Sequence[Iteration]) -> float:
    by_side = {one.side: one for one in iterations}
    return by_side["upstream"].total_s / by_side["ours"].total_s


def _at_least(name: str, value: float, wanted: float) -> Goal:
    return Goal(name=name, value=value, wanted=wanted, at_least=True)


def _at_most(name: str, value: float, wanted: float, unit: str = "") -> Goal:
    return Goal(name=name, value=value, wanted=wanted, at_least=False, unit=unit)
