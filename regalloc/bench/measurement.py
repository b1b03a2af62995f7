"""All that is measured, in order."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from regalloc.bench import gradient, iteration
from regalloc.bench.gradient import Learning
from regalloc.bench.memory import measure_peaks_mb
from regalloc.bench.scaling import measure_points
from regalloc.bench.turns import describe_compiles, measure_compiles
from regalloc.bench.ways import Ways
from regalloc.formats.corpus import Module
from regalloc.formats.logs import Episode
from regalloc.report.bench_parts import Compiles, Iteration, Point, Steps
from regalloc.report.progress import progress

LARGEST = 4
"""Modules whose compiles are measured for their memory: those that take longest."""


@dataclass(frozen=True)
class Measurement:
    """What is measured, and how much.

    Attributes:
        ways: how modules are compiled.
        modules: a sample; any first n of them are one, too.
        learning: what the learners begin with.
        agent: TF-Agents' PPO.
        episodes: functions of the trace.
        jobs: compiles at the same time.
    """

    ways: Ways
    modules: Sequence[Module]
    learning: Learning
    agent: Any
    episodes: Sequence[Episode]
    jobs: int

    def measure_compiles(self) -> Compiles:
        """Return what the ways of compiling cost.

        Raises:
            CompileError: a compile failed.
        """
        bench = self.learning.bench
        modules = self.modules[: bench.modules]
        with progress("compile in turns", bench.rounds * len(modules)) as advance:
            sums = measure_compiles(self.ways, modules, bench.rounds, advance)
        largest = sorted(modules, key=lambda module: -module.replay.seconds)[:LARGEST]
        peaks = measure_peaks_mb(self.ways, largest)
        return describe_compiles(sums, modules, bench.rounds, peaks)

    def measure_workers(self) -> list[Point]:
        """Return the throughput of both sides over the number of workers.

        Raises:
            CompileError: a compile failed.
        """
        workers = self.learning.bench.workers
        with progress("over workers", len(workers)) as advance:
            return measure_points(self.ways, [(self._few, number) for number in workers], advance)

    def measure_sizes(self) -> list[Point]:
        """Return the throughput of both sides over the size of the corpus.

        Raises:
            CompileError: a compile failed.
        """
        sizes = self.learning.bench.sizes
        with progress("over sizes", len(sizes)) as advance:
            return measure_points(
                self.ways, [(self.modules[:size], self.jobs) for size in sizes], advance
            )

    def measure_learning(self) -> tuple[list[Steps], list[Iteration]]:
        """Return what gradient steps and whole policy iterations cost.

        Raises:
            CompileError: a compile failed.
        """
        learning = self.learning
        experience = gradient.create_experience(learning, self.episodes)
        examples = iteration.make_examples(learning, experience, self.episodes)
        learner = learning.create_ppo()
        with progress("gradient steps", 3) as advance:
            steps = [gradient.measure_reference(learning, self.agent, examples)]
            advance()
            steps.append(gradient.measure_ppo(learning, learner, experience))
            advance()
            steps.append(gradient.measure_rebel(learning, experience))
            advance()
        with progress("policy iteration", 2) as advance:
            ours = iteration.measure_ours(self.ways, self._few, learning, learner, self.jobs)
            advance()
            theirs = iteration.measure_upstream(
                self.ways, self._few, learning, self.agent, self.jobs
            )
            advance()
        return steps, [theirs, ours]

    @property
    def _few(self) -> Sequence[Module]:
        return self.modules[: self.learning.bench.upstream_modules]
