"""The ways of compiling, one after the other on each module, and what each costs."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field

import numpy as np

from regalloc.bench.clock import cpu_s
from regalloc.bench.time_report import GREEDY
from regalloc.bench.ways import Ways
from regalloc.compiler.proof import find_difference
from regalloc.formats.compile_results import Compiled
from regalloc.formats.corpus import Module
from regalloc.report.bench_parts import CompileCost, Compiles, WayName

Compile = Callable[[Module], list[Compiled]]


@dataclass
class Sums:
    """What was found so far.

    Attributes:
        cpu_s: processor seconds, by way.
        compiles: rollouts, by way.
        decisions: decisions, by way.
        differing: see :class:`Compiles`.
        passes_s: processor seconds, by pass.
        near: decisions of upstream's policy that can be compared with ours, and equal ones.
    """

    cpu_s: dict[WayName, float] = field(default_factory=dict)
    compiles: dict[WayName, int] = field(default_factory=dict)
    decisions: dict[WayName, int] = field(default_factory=dict)
    differing: dict[str, str] = field(default_factory=dict)
    passes_s: Counter[str] = field(default_factory=Counter)
    near: tuple[int, int] = (0, 0)

    def add(self, way: WayName, seconds: float, compiled: Sequence[Compiled]) -> None:
        """Count the rollouts of one compile."""
        self.cpu_s[way] = self.cpu_s.get(way, 0.0) + seconds
        self.compiles[way] = self.compiles.get(way, 0) + len(compiled)
        self.decisions[way] = self.decisions.get(way, 0) + sum(map(_count, compiled))

    def cost(self, way: WayName, peak_mb: float | None) -> CompileCost:
        """Return what a way costs."""
        return CompileCost(
            way=way,
            compiles=self.compiles[way],
            cpu_s=self.cpu_s[way],
            decisions=self.decisions[way],
            peak_mb=peak_mb,
        )


def measure_compiles(
    ways: Ways, modules: Sequence[Module], rounds: int, advance: Callable[[], None]
) -> Sums:
    """Compile each module each way, in turns that begin with another way each time.

    That ours decides as TensorFlow does is found out in the first round.

    Args:
        ways: how they are compiled.
        modules: what is compiled.
        rounds: how often.
        advance: called once per module and round.

    Raises:
        CompileError: a compile failed.
    """
    sums = Sums()
    compiles: list[tuple[WayName, Compile]] = [
        ("upstream", ways.compile_upstream),
        ("tensorflow", ways.compile_tensorflow),
        ("alone", ways.compile_alone),
        ("ours", ways.compile_ours),
    ]
    for turn in range(rounds * len(modules)):
        module, first = modules[turn % len(modules)], turn < len(modules)
        begin = turn % len(compiles)
        found: dict[WayName, list[Compiled]] = {}
        for way, compile_once in compiles[begin:] + compiles[:begin]:
            if way == "tensorflow" and not first:
                continue
            before = cpu_s()
            found[way] = compile_once(module)
            sums.add(way, cpu_s() - before, found[way])
        passes = Counter(ways.measure_passes_s(module))
        sums.add("floor", passes[GREEDY], found["alone"])
        sums.passes_s.update(passes)
        if first:
            _compare(sums, module, {way: compiled[0] for way, compiled in found.items()})
        advance()
    return sums


def describe_compiles(
    sums: Sums, modules: Sequence[Module], rounds: int, peaks_mb: dict[WayName, float]
) -> Compiles:
    """Return what was found as the report has it."""
    names: tuple[WayName, ...] = ("upstream", "tensorflow", "alone", "ours", "floor")
    return Compiles(
        modules=[module.name for module in modules],
        rounds=rounds,
        rollouts=sums.compiles["ours"] // sums.compiles["alone"],
        costs=[sums.cost(way, peaks_mb.get(way)) for way in names],
        differing=sums.differing,
        upstream_decisions=sums.near[0],
        upstream_equal=sums.near[1],
        passes_s={name: round(seconds, 4) for name, seconds in sums.passes_s.most_common()},
    )


def compare_decisions(theirs: Compiled, ours: Compiled) -> tuple[int, int]:
    """Return how many decisions two compiles took in functions of both, and how many are equal.

    From the first that differs on, a function's decisions are about something else.
    """
    known = {episode.function: episode.actions for episode in ours.episodes}
    compared = equal = 0
    for episode in theirs.episodes:
        if (actions := known.get(episode.function)) is not None:
            length = min(len(actions), episode.decisions)
            same = int(np.cumprod(actions[:length] == episode.actions[:length]).sum())
            compared, equal = compared + max(len(actions), episode.decisions), equal + same
    return compared, equal


def _compare(sums: Sums, module: Module, found: dict[WayName, Compiled]) -> None:
    for way in ("tensorflow", "alone"):
        if difference := find_difference(found[way], found["ours"]):
            sums.differing[module.name] = difference
    compared, equal = compare_decisions(found["upstream"], found["ours"])
    sums.near = sums.near[0] + compared, sums.near[1] + equal


def _count(compiled: Compiled) -> int:
    return sum(episode.decisions for episode in compiled.episodes)
