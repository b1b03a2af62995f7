"""All programs, one step after the other: try, count, time, blame, and say what was found."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from regalloc.compiler.toolchain import Toolchain
from regalloc.layout import REPRODUCER_SUFFIX
from regalloc.programs import perf
from regalloc.programs.build import CFLAGS
from regalloc.programs.definition import Program
from regalloc.programs.lab import Lab, TrialError
from regalloc.programs.measure import WELL, Job, count_all, list_jobs, read_counters, time_job
from regalloc.programs.reproducer import find_blame, write_reproducer
from regalloc.programs.trial import (
    AGAIN_SLOT,
    DEFAULT_SLOT,
    POLICY_SLOT,
    Trial,
    settle,
    try_program,
)
from regalloc.report import programs_result as report
from regalloc.report.progress import progress

Counted = Mapping[tuple[str, str], report.Counts]
"""Counts of one program, by workload and slot."""


@dataclass(frozen=True)
class MeasuredCompiler:
    """The compiler that is measured.

    Attributes:
        toolchain: its folder and version.
        digest: sha256 of its clang, which holds the policy.
    """

    toolchain: Toolchain
    digest: str


def measure_programs(
    programs: Sequence[Program],
    lab: Lab,
    release: MeasuredCompiler,
    *,
    rounds: int,
    valgrind: str,
    folder: Path,
) -> report.ProgramsResult:
    """Measure programs and write a reproducer for each that the policy breaks.

    Args:
        programs: what is measured.
        lab: where.
        release: what compiles them.
        rounds: executions of each build that are timed.
        valgrind: its version.
        folder: where reproducers go.

    Raises:
        ProgramError: a program's source is not there.
    """
    trials = _advance_each("programs", programs, lambda program: try_program(program, lab))
    trials, counted = count_trials(trials, lab)
    trials, times = time_trials(trials, lab, rounds)
    blamed = [_find_culprits(trial, lab, release, folder) for trial in trials]
    return report.ProgramsResult(
        version=report.VERSION,
        release=release.digest,
        compiler=release.toolchain.description,
        flags=CFLAGS,
        counted_by=f"valgrind {valgrind}",
        programs=[
            describe(trial, counted[trial.program.name], culprits)
            for trial, culprits in zip(trials, blamed, strict=True)
        ],
        times=times,
    )


def count_trials(trials: Sequence[Trial], lab: Lab) -> tuple[list[Trial], dict[str, Counted]]:
    """Count every workload; a program of which an execution failed has another outcome then."""
    requests = [(job, slot) for trial in trials for job, slot in _requests(trial)]
    with progress("cachegrind", len(requests)) as advance:
        ends = count_all(requests, lab, advance)
    counted: dict[str, dict[tuple[str, str], report.Counts]] = {
        trial.program.name: {} for trial in trials
    }
    settled = {trial.program.name: trial for trial in trials}
    for (job, slot), end in zip(requests, ends, strict=True):
        name = job.program.name
        if isinstance(end, report.Counts):
            counted[name][job.workload.name, slot] = end
        elif settled[name].outcome in WELL:
            settled[name] = settle(settled[name], job.workload, end)
    return [settled[trial.program.name] for trial in trials], dict(counted)


def _requests(trial: Trial) -> list[tuple[Job, str]]:
    # One executable has one count; the second execution shows that.
    differing = () if trial.outcome == "same code" else (POLICY_SLOT,)
    slots = (DEFAULT_SLOT, AGAIN_SLOT, *differing)
    return [(job, slot) for job in list_jobs(trial) for slot in slots]


def time_trials(
    trials: Sequence[Trial], lab: Lab, rounds: int
) -> tuple[list[Trial], report.ProgramTimes]:
    """Time the workloads of programs whose code differs, with nothing else running."""
    missing = perf.explain_missing()
    jobs = [job for trial in trials if trial.outcome == "ok" for job in list_jobs(trial)]
    settled = {trial.program.name: trial for trial in trials}
    timings = []
    with progress("wall time", len(jobs)) as advance:
        for job in jobs:
            try:
                timings.append(_time(job, lab, rounds, with_counters=not missing))
            except TrialError as trouble:
                settled[job.program.name] = settle(settled[job.program.name], job.workload, trouble)
            advance()
    well = {name for name, trial in settled.items() if trial.outcome == "ok"}
    kept = [timing for timing in timings if timing.program in well]
    times = report.ProgramTimes(rounds=rounds, counters_missing=missing, timings=kept)
    return [settled[trial.program.name] for trial in trials], times


def _time(job: Job, lab: Lab, rounds: int, *, with_counters: bool) -> report.WorkloadTiming:
    wall_s, user_s = time_job(job, lab, rounds)
    return report.WorkloadTiming(
        program=job.program.name,
        workload=job.workload.name,
        wall_s=wall_s,
        user_s=user_s,
        counters=read_counters(job, lab) if with_counters else None,
    )


def _find_culprits(
    trial: Trial, lab: Lab, release: MeasuredCompiler, folder: Path
) -> tuple[str, ...]:
    if trial.outcome != "miscompile":
        return ()
    culprits = find_blame(trial, lab)
    write_reproducer(
        trial,
        culprits,
        lab,
        folder / f"{trial.program.name}{REPRODUCER_SUFFIX}",
        release=release.digest,
        compiler=release.toolchain.description,
    )
    return culprits


def describe(trial: Trial, counted: Counted, culprits: Sequence[str]) -> report.ProgramResult:
    """Return what the report says of a program."""
    well = trial.outcome in WELL
    return report.ProgramResult(
        name=trial.program.name,
        kind=trial.program.definition.kind,
        source=trial.program.origin,
        outcome=trial.outcome,
        blame=trial.blame,
        details=trial.details,
        objects=len(trial.default.units) if trial.default else 0,
        differing=list(trial.differing),
        culprits=list(culprits),
        text_default=trial.default.text if trial.default else None,
        text_policy=trial.policy.text if trial.policy else None,
        workloads=[
            _describe_workload(workload.name, counted)
            for workload in (trial.program.definition.measured if well else ())
        ],
    )


def _describe_workload(name: str, counted: Counted) -> report.WorkloadResult:
    default, again = counted[name, DEFAULT_SLOT], counted[name, AGAIN_SLOT]
    policy = counted.get((name, POLICY_SLOT), default)
    return report.WorkloadResult(
        name=name,
        default=default,
        again=again,
        policy=policy,
        ratio=report.divide(policy, default),
        noise=report.divide(again, default),
    )


def _advance_each(
    what: str, programs: Sequence[Program], step: Callable[[Program], Trial]
) -> list[Trial]:
    with progress(what, len(programs)) as advance:
        trials = []
        for program in programs:
            trials.append(step(program))
            advance()
        return trials
