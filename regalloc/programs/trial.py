"""Try a program: build it with the advisor off and on, and execute each workload with both."""

from __future__ import annotations

import sys
from collections.abc import Mapping
from dataclasses import dataclass, field, replace

from regalloc.programs.build import (
    EVERYTHING,
    NOTHING,
    Built,
    build,
    find_differing,
    have_same_code,
    prepare,
)
from regalloc.programs.definition import Program, Workload
from regalloc.programs.lab import Lab, TrialError
from regalloc.programs.workload import Execution, check, execute, expected_output, make_inputs
from regalloc.report.programs_result import Blame, Outcome

Expected = Mapping[str, str]
DEFAULT_SLOT, POLICY_SLOT, AGAIN_SLOT = "0", "1", "2"
"""Folders of the builds, advisor off and on, and of executions.  Equally long: see build()."""

SLOWER = 20.0
GRACE_S = 10.0
"""A policy's build that takes so many times the default's time, and this, has lost its way."""


@dataclass(frozen=True)
class Trial:
    """What became of a program, before anything is counted.

    Attributes:
        program: which.
        outcome: how it ended.
        blame: who is at fault.
        details: what was seen.
        default: the build with the advisor off.
        policy: the build with the advisor on.
        differing: objects that differ between both.
        expected: what each workload must print and write, by workload.
        wall_s: what each workload took with the default build, by workload.
        failing: the workload that the policy's build gets wrong.
    """

    program: Program
    outcome: Outcome = "ok"
    blame: Blame = ""
    details: str = ""
    default: Built | None = None
    policy: Built | None = None
    differing: tuple[str, ...] = ()
    expected: Mapping[str, Expected] = field(default_factory=dict)
    wall_s: Mapping[str, float] = field(default_factory=dict)
    failing: Workload | None = None


def try_program(program: Program, lab: Lab) -> Trial:
    """Build a program twice and execute each workload once with both builds.

    Raises:
        ProgramError: its source is not there.
    """
    trial = _try_default(program, lab)
    if trial.default is None or trial.outcome != "ok":
        return trial
    try:
        policy = build(program, lab, EVERYTHING, POLICY_SLOT)
    except TrialError as trouble:
        return _blamed(trial, "policy", trouble)
    differing = tuple(find_differing(trial.default, policy))
    same = not differing and have_same_code(trial.default, policy)
    trial = replace(trial, policy=policy, differing=differing)
    return replace(trial, outcome="same code") if same else _try_policy(trial, policy, lab)


def _try_default(program: Program, lab: Lab) -> Trial:
    trial = Trial(program)
    try:
        prepare(program, lab)
        built = build(program, lab, NOTHING, DEFAULT_SLOT)
        make_inputs(program, built, lab, sys.executable)
        trial = replace(trial, default=built)
        expected, wall_s = {}, {}
        for workload in program.definition.workload:
            run = execute(program, workload, built, lab, DEFAULT_SLOT)
            expected[workload.name] = expected_output(workload, run)
            check(run, expected[workload.name])
            wall_s[workload.name] = run.end.wall_s
    except TrialError as trouble:
        return _blamed(trial, "program", trouble)
    return replace(trial, expected=expected, wall_s=wall_s)


def _try_policy(trial: Trial, policy: Built, lab: Lab) -> Trial:
    for workload in trial.program.definition.workload:
        try:
            run_policy(trial, workload, policy, lab)
        except TrialError as trouble:
            patient = patience(trial, workload, lab) == lab.limits.wall_s
            if trouble.outcome == "timed out" and patient:
                return _blamed(trial, "policy", trouble)
            return miscompiled(trial, workload, trouble)
    return trial


def miscompiled(trial: Trial, workload: Workload, trouble: TrialError) -> Trial:
    """Return a trial whose policy's build alone gets a workload wrong."""
    failed = _blamed(trial, "policy", trouble)
    return replace(failed, outcome="miscompile", failing=workload)


def run_policy(trial: Trial, workload: Workload, built: Built, lab: Lab) -> Execution:
    """Execute a workload with a build that the advisor had a hand in, and check it.

    Raises:
        TrialError: it crashed, did not end, or printed something else.
    """
    limits = replace(lab.limits, wall_s=patience(trial, workload, lab))
    run = execute(trial.program, workload, built, replace(lab, limits=limits), POLICY_SLOT)
    check(run, trial.expected[workload.name])
    return run


def patience(trial: Trial, workload: Workload, lab: Lab) -> float:
    """Return the seconds after which a run can only be a wrong loop, or else the common limit."""
    return min(lab.limits.wall_s, GRACE_S + SLOWER * trial.wall_s[workload.name])


def settle(trial: Trial, workload: Workload, trouble: TrialError) -> Trial:
    """Return a trial that went well until a later execution of a workload did not."""
    if trouble.blame == "policy" and trouble.outcome != "timed out":
        return miscompiled(trial, workload, trouble)
    return _blamed(trial, trouble.blame, trouble)


def _blamed(trial: Trial, blame: Blame, trouble: TrialError) -> Trial:
    return replace(trial, outcome=trouble.outcome, blame=blame, details=trouble.details)
