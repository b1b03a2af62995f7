"""The parts of bench.json: what was counted and timed, and the rates that follow from it."""

from __future__ import annotations

from typing import Literal

import msgspec

WayName = Literal["upstream", "tensorflow", "alone", "ours", "floor"]
"""How a module's decisions are come by.

``upstream``: clang from the embedded bitcode, the whole pipeline, asking a SavedModel as TF-Agents
writes it through TensorFlow's C API.  ``tensorflow``: the same with our SavedModel, whose decisions
must be ours.  ``alone``: what `trace` does, and `train` where a round has one rollout of a module.
``ours``: what `train` does, several rollouts of a module by one compile.  ``floor``: greedy
register allocation alone, under the default heuristic, as the compiler itself times it.
"""

LearnerName = Literal["reference", "ppo", "rebel"]
"""What takes gradient steps: TF-Agents' PPO as upstream feeds it, our PPO, our REBEL."""

Side = Literal["upstream", "ours"]


class CompileCost(msgspec.Struct, frozen=True, kw_only=True):
    """What one way of compiling costs.

    Attributes:
        way: which one.
        compiles: how many rollouts were timed, one after the other.
        cpu_s: processor seconds of all, of compiler and caller, in user and in system mode; of the
            floor, those of the pass alone.
        decisions: that they took.
        peak_mb: most memory that one compiler had at once, in MB; None where it was not measured.
    """

    way: WayName
    compiles: int
    cpu_s: float
    decisions: int
    peak_mb: float | None = None

    @property
    def compile_s(self) -> float:
        """Processor seconds for each rollout."""
        return self.cpu_s / self.compiles

    @property
    def modules_per_s(self) -> float:
        """Rollouts a core makes in a second."""
        return self.compiles / self.cpu_s

    @property
    def decision_s(self) -> float:
        """Processor seconds for each decision."""
        return self.cpu_s / self.decisions


class Compiles(msgspec.Struct, frozen=True, kw_only=True):
    """The ways of compiling, which took turns module by module.

    Attributes:
        modules: names of the modules, each of which holds a decision.
        rounds: how often each was compiled each way, but once under ``tensorflow``.
        rollouts: made by one compile of ``ours``.
        costs: of each way.
        differing: modules whose observations, decisions or scores under ``tensorflow`` are not
            ours to the last bit, and where.
        upstream_decisions: decisions under ``upstream`` in functions that have ours too.
        upstream_equal: how many of these are ours; its SavedModel rounds in another way.
        passes_s: processor seconds of each pass of the floor's compiles, the longest first.
    """

    modules: list[str]
    rounds: int
    rollouts: int
    costs: list[CompileCost]
    differing: dict[str, str]
    upstream_decisions: int
    upstream_equal: int
    passes_s: dict[str, float]

    def cost(self, way: WayName) -> CompileCost:
        """Return what a way costs."""
        return next(cost for cost in self.costs if cost.way == way)


class Steps(msgspec.Struct, frozen=True, kw_only=True):
    """Gradient steps of one learner.

    Attributes:
        learner: which one.
        steps: how many were timed, after the function was traced.
        decisions: in one step.
        wall_s: elapsed seconds of the median step.
        cpu_s: processor seconds of a step, in the mean.
    """

    learner: LearnerName
    steps: int
    decisions: int
    wall_s: float
    cpu_s: float

    @property
    def steps_per_s(self) -> float:
        """Steps in an elapsed second."""
        return 1 / self.wall_s


class Iteration(msgspec.Struct, frozen=True, kw_only=True):
    """One policy iteration: compile modules under the policy, then learn.

    Attributes:
        side: whose.
        modules: compiles of one iteration.
        steps: gradient steps of one iteration.
        measured_modules: compiles that were done for this figure.
        measured_steps: gradient steps that were taken for it.
        collect_s: elapsed seconds of the compiles, scaled to ``modules``.
        prepare_s: elapsed seconds from their logs to what a step takes, likewise.
        learn_s: elapsed seconds of the steps, scaled to ``steps``.
    """

    side: Side
    modules: int
    steps: int
    measured_modules: int
    measured_steps: int
    collect_s: float
    prepare_s: float
    learn_s: float

    @property
    def total_s(self) -> float:
        """Elapsed seconds of all of it."""
        return self.collect_s + self.prepare_s + self.learn_s

    @property
    def scaled(self) -> bool:
        """Whether less was done than an iteration is, and the figures are multiplied."""
        return self.measured_modules < self.modules or self.measured_steps < self.steps


class Point(msgspec.Struct, frozen=True, kw_only=True):
    """How fast modules are compiled by several workers.

    Attributes:
        side: whose way.
        workers: compiles at the same time.
        modules: how many modules were compiled.
        compiles: rollouts of them that were made.
        wall_s: elapsed seconds of all.
    """

    side: Side
    workers: int
    modules: int
    compiles: int
    wall_s: float

    @property
    def modules_per_s(self) -> float:
        """Rollouts in an elapsed second."""
        return self.compiles / self.wall_s


class Goal(msgspec.Struct, frozen=True, kw_only=True):
    """A figure that has a target.

    Attributes:
        name: what it is.
        value: what was measured.
        wanted: the target.
        at_least: whether more is better.
        unit: of both; empty for a ratio.
    """

    name: str
    value: float
    wanted: float
    at_least: bool
    unit: str = ""

    @property
    def reached(self) -> bool:
        """Whether the target is met."""
        return self.value >= self.wanted if self.at_least else self.value <= self.wanted
