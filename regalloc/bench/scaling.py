"""How fast many modules are compiled by several workers at once."""

from __future__ import annotations

import time
from collections.abc import Callable, Sequence
from typing import Literal

from regalloc.bench.ways import Ways
from regalloc.compiler.corpus import Module
from regalloc.compiler.pool import run_all
from regalloc.compiler.processes import Processes
from regalloc.compiler.results import Compiled
from regalloc.report.bench_parts import Point, Side

Way = Literal["upstream", "ours", "alone"]


def compile_all(
    ways: Ways, way: Way, modules: Sequence[Module], workers: int
) -> tuple[list[Compiled], float]:
    """Return what became of modules, by so many workers, and the elapsed seconds.

    Raises:
        CompileError: a compile failed.
    """

    def compile_one(module: Module, processes: Processes) -> list[Compiled]:
        if way == "ours":
            return ways.compile_ours(module, processes)
        if way == "alone":
            return [ways.compile_alone(module, processes)]
        return [ways.compile_upstream(module, ways.theirs, processes)]

    began = time.monotonic()
    found = run_all(
        compile_one, modules, workers, lambda _: None, seconds=lambda module: module.replay.seconds
    )
    return [compiled for several in found for compiled in several], time.monotonic() - began


def measure_points(
    ways: Ways,
    pairs: Sequence[tuple[Sequence[Module], int]],
    advance: Callable[[], None],
) -> list[Point]:
    """Return both sides' throughput at each point: some modules, by so many workers.

    Raises:
        CompileError: a compile failed.
    """
    sides: tuple[Side, ...] = ("upstream", "ours")
    points = []
    for modules, workers in pairs:
        for side in sides:
            compiled, wall_s = compile_all(ways, side, modules, workers)
            points.append(
                Point(
                    side=side,
                    workers=workers,
                    modules=len(modules),
                    compiles=len(compiled),
                    wall_s=wall_s,
                )
            )
        advance()
    return points
