"""Times of steps that follow each other."""

from __future__ import annotations

import statistics
import time

from regalloc.bench.clock import cpu_s
from regalloc.report.bench_parts import LearnerName, Steps


class Stopwatch:
    """Notes when steps end; the first, which may trace a function, is not timed."""

    def __init__(self) -> None:
        self._wall_s: list[float] = []
        self._cpu_s: list[float] = []

    def tick(self) -> None:
        """Note that a step has ended."""
        self._wall_s.append(time.monotonic())
        self._cpu_s.append(cpu_s())

    def describe(self, learner: LearnerName, decisions: int) -> Steps:
        """Return what the steps cost; at least two must have ended.

        Args:
            learner: what took them.
            decisions: in one step.
        """
        wall_s = [after - before for before, after in zip(self._wall_s, self._wall_s[1:])]  # noqa: B905
        return Steps(
            learner=learner,
            steps=len(wall_s),
            decisions=decisions,
            wall_s=statistics.median(wall_s),
            cpu_s=(self._cpu_s[-1] - self._cpu_s[0]) / len(wall_s),
        )
