"""How fast many modules are compiled by several workers at once."""

from __future__ import annotations

import time
from collections.abc import Callable, Sequence

from regalloc.bench.ways import Ways
from regalloc.compiler.pool import run_all
from regalloc.compiler.processes import Processes
from regalloc.formats.compile_results import Compiled
from regalloc.formats.corpus import Module
from regalloc.report.bench_parts import Point, Side

Compile = Callable[[Module, Processes], list[Compiled]]
"""One of the ways to compile a module."""


def compile_all(
    compile_one: Compile, modules: Sequence[Module], workers: int
) -> tuple[list[Compiled], float]:
    """Return what became of modules, by so many workers, and the elapsed seconds.

    Raises:
        CompileError: a compile failed.
    """
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
    sides: dict[Side, Compile] = {"upstream": ways.compile_upstream, "ours": ways.compile_ours}
    points = []
    for modules, workers in pairs:
        for side, compile_one in sides.items():
            compiled, wall_s = compile_all(compile_one, modules, workers)
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
