"""Try a program: build it in each way, and execute each workload with each build."""

from __future__ import annotations

import sys
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path

from regalloc.programs.build import (
    PLAIN,
    Built,
    Recipe,
    build,
    find_differing,
    have_same_code,
    prepare,
)
from regalloc.programs.definition import Program, Workload
from regalloc.programs.lab import DEFAULT_SLOT, Lab, TrialError, variant_slot
from regalloc.programs.training import Profiler
from regalloc.programs.workload import Execution, check, execute, expected_output, make_inputs
from regalloc.report.programs_result import DEFAULT, ENDED_WELL, Outcome, Variant

Expected = Mapping[str, str]

SLOWER = 20.0
GRACE_S = 10.0
"""A variant's build that takes so many times the default's time, and this, has lost its way."""


@dataclass(frozen=True)
class Attempt:
    """What became of one build of a program, before anything is counted.

    Attributes:
        variant: how it was built.
        slot: its folder's name, and that of its executions.
        outcome: how it ended.
        details: what was seen.
        recipe: how the compiler was called.
        built: what was built.
        differing: objects that are not the base's.
        failing: the workload that it gets wrong.
    """

    variant: Variant
    slot: str
    outcome: Outcome = "ok"
    details: str = ""
    recipe: Recipe = PLAIN
    built: Built | None = None
    differing: tuple[str, ...] = ()
    failing: Workload | None = None

    @property
    def good(self) -> Built | None:
        """Return what was built, if it does what it should."""
        return self.built if self.outcome in ENDED_WELL else None


@dataclass(frozen=True)
class Trial:
    """What became of a program, before anything is counted.

    Attributes:
        program: which.
        outcome: how its default build ended.
        details: what was seen.
        attempts: its builds by variant; the default alone if that failed.
        expected: what each workload must print and write, by workload.
        wall_s: what each workload took with the default build, by workload.
        profiles: files of the profiles that were made.
    """

    program: Program
    outcome: Outcome = "ok"
    details: str = ""
    attempts: Mapping[str, Attempt] = field(default_factory=dict)
    expected: Mapping[str, Expected] = field(default_factory=dict)
    wall_s: Mapping[str, float] = field(default_factory=dict)
    profiles: tuple[Path, ...] = ()

    def replaced(self, attempt: Attempt) -> Trial:
        """Return a trial in which one build ended in another way, or was added."""
        return replace(self, attempts={**self.attempts, attempt.variant.name: attempt})


def try_program(
    program: Program, lab: Lab, variants: Sequence[Variant], advance: Callable[[], None]
) -> Trial:
    """Build a program in each way and execute each workload once with each build.

    Args:
        program: which.
        lab: where.
        variants: the ways, the default first, each behind its base.
        advance: called once per variant.

    Raises:
        ProgramError: its source is not there.
    """
    default, *others = variants
    trial = _try_default(program, lab, default)
    advance()
    profiler = Profiler(program, lab, trial.expected)
    for place, variant in enumerate(others):
        if trial.outcome == "ok":
            attempt = Attempt(variant, variant_slot(place))
            trial = trial.replaced(_try(trial, attempt, profiler, lab))
        advance()
    return replace(trial, profiles=tuple(profiler.profiles))


def _try_default(program: Program, lab: Lab, variant: Variant) -> Trial:
    trial = Trial(program)
    try:
        prepare(program, lab)
        built = build(program, lab, PLAIN, DEFAULT_SLOT)
        make_inputs(program, built, lab, sys.executable)
        trial = trial.replaced(Attempt(variant, DEFAULT_SLOT, built=built))
        expected, wall_s = {}, {}
        for workload in program.definition.workload:
            run = execute(program, workload, built, lab, DEFAULT_SLOT)
            expected[workload.name] = expected_output(workload, run)
            check(run, expected[workload.name])
            wall_s[workload.name] = run.end.wall_s
    except TrialError as trouble:
        return replace(trial, outcome=trouble.outcome, details=trouble.details)
    return replace(trial, expected=expected, wall_s=wall_s)


def _try(trial: Trial, attempt: Attempt, profiler: Profiler, lab: Lab) -> Attempt:
    """Build a program as a variant says and compare it with the base's build."""
    base = trial.attempts[attempt.variant.base]
    if base.good is None:
        return without_base(attempt, base)
    try:
        recipe = profiler.recipe(attempt.variant)
        built = build(trial.program, lab, recipe, attempt.slot)
    except TrialError as trouble:
        return replace(attempt, outcome=trouble.outcome, details=trouble.details)
    differing = tuple(find_differing(base.good, built))
    attempt = replace(attempt, recipe=recipe, built=built, differing=differing)
    if not differing and have_same_code(base.good, built):
        return replace(attempt, outcome="same code")
    return _execute_all(trial, attempt, built, lab)


def _execute_all(trial: Trial, attempt: Attempt, built: Built, lab: Lab) -> Attempt:
    for workload in trial.program.definition.workload:
        try:
            execute_variant(trial, workload, built, lab, attempt.slot)
        except TrialError as trouble:
            patient = patience(trial, workload, lab) == lab.limits.wall_s
            if trouble.outcome == "timed out" and patient:
                return replace(attempt, outcome=trouble.outcome, details=trouble.details)
            return miscompiled(attempt, workload, trouble)
    return attempt


def miscompiled(attempt: Attempt, workload: Workload, trouble: TrialError) -> Attempt:
    """Return an attempt that gets a workload wrong, which the base's build does not."""
    return replace(attempt, outcome="miscompile", details=trouble.details, failing=workload)


def execute_variant(
    trial: Trial, workload: Workload, built: Built, lab: Lab, slot: str
) -> Execution:
    """Execute a workload with another build than the default, and check it.

    Raises:
        TrialError: it crashed, did not end, or printed something else.
    """
    limits = replace(lab.limits, wall_s=patience(trial, workload, lab))
    run = execute(trial.program, workload, built, replace(lab, limits=limits), slot)
    check(run, trial.expected[workload.name])
    return run


def patience(trial: Trial, workload: Workload, lab: Lab) -> float:
    """Return the seconds after which a run can only be a wrong loop, or else the common limit."""
    return min(lab.limits.wall_s, GRACE_S + SLOWER * trial.wall_s[workload.name])


def settle(trial: Trial, name: str, workload: Workload, trouble: TrialError) -> Trial:
    """Return a trial that went well until a later execution did not.

    Args:
        trial: what was known.
        name: whose build was executed: a variant's.
        workload: what was executed.
        trouble: how it ended.
    """
    if name == DEFAULT:
        return replace(trial, outcome=trouble.outcome, details=trouble.details)
    attempt = trial.attempts[name]
    if trouble.outcome == "timed out":
        ended = replace(attempt, outcome=trouble.outcome, details=trouble.details)
    else:
        ended = miscompiled(attempt, workload, trouble)
    trial = trial.replaced(ended)
    for other in trial.attempts.values():
        base = trial.attempts.get(other.variant.base)
        if other.good and base and not base.good:
            trial = trial.replaced(without_base(other, base))
    return trial


def without_base(attempt: Attempt, base: Attempt) -> Attempt:
    """Return an attempt that cannot be compared, because its base did not end well."""
    return replace(attempt, outcome="no base", details=f"{base.variant.name}: {base.outcome}")
