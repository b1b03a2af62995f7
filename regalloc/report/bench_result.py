"""bench.json: what upstream's way and ours cost, measured in turns on one machine.

Everything in it is a measurement and differs from one run to the next, but for the decisions.
"""

from __future__ import annotations

import msgspec

from regalloc.report.bench_parts import (
    Compiles,
    Goal,
    Iteration,
    LearnerName,
    Point,
    Side,
    Steps,
)
from regalloc.report.versioned import Format

VERSION = 2


class Machine(msgspec.Struct, frozen=True, kw_only=True):
    """Where it was measured.

    Attributes:
        processor: the processor's name.
        cores: cores that this process may use.
        jobs: compiles at the same time, where nothing else is said.
        load_before: processes that wanted to run in the minute before, our own included.
        others_before: cores that others used in the second before.
        others_during: cores that others used while it was measured, in the mean.
    """

    processor: str
    cores: int
    jobs: int
    load_before: float
    others_before: float
    others_during: float

    @property
    def busy(self) -> bool:
        """Whether others used a quarter of a core or more."""
        return max(self.others_before, self.others_during) >= 0.25


class BenchResult(msgspec.Struct, frozen=True, kw_only=True):
    """One run of the benchmark.

    Attributes:
        version: of this layout.
        compiler: first line of clang's version.
        machine: where it ran.
        compiles: what compiling costs.
        steps: what gradient steps cost.
        iterations: what a policy iteration takes.
        by_workers: throughput over workers.
        by_size: throughput over the size of the corpus.
        goals: figures with their targets.
    """

    version: int
    compiler: str
    machine: Machine
    compiles: Compiles
    steps: list[Steps]
    iterations: list[Iteration]
    by_workers: list[Point]
    by_size: list[Point]
    goals: list[Goal]

    def learner(self, name: LearnerName) -> Steps:
        """Return the steps of a learner."""
        return next(steps for steps in self.steps if steps.learner == name)

    def iteration(self, side: Side) -> Iteration:
        """Return a side's policy iteration."""
        return next(found for found in self.iterations if found.side == side)


_FORMAT = Format(BenchResult, VERSION, "the benchmark's result is", "bench")
read, write = _FORMAT.read, _FORMAT.write
