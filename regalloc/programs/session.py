"""One program after another: try, count, time, find what is to blame, and say what was found."""

from __future__ import annotations

import shutil
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from regalloc.compiler.toolchain import Toolchain
from regalloc.programs import perf
from regalloc.programs.build import CFLAGS
from regalloc.programs.definition import Program
from regalloc.programs.kept import KeptPrograms, MeasuredProgram
from regalloc.programs.lab import Lab
from regalloc.programs.measure import (
    Job,
    TimingError,
    count_all,
    list_jobs,
    read_events,
    time_jobs,
)
from regalloc.programs.reproducer import find_blame, reproducer_folder, write_reproducer
from regalloc.programs.source import find_source
from regalloc.programs.trial import Attempt, Trial, settle, try_program
from regalloc.report import programs_result as report
from regalloc.report.counts import Counts
from regalloc.report.progress import progress

Counted = Mapping[tuple[str, str], Counts]
"""Counts of one program, by workload and by variant, or ``again``."""


@dataclass(frozen=True)
class MeasuredCompiler:
    """The compiler that is measured.

    Attributes:
        toolchain: its folder and version.
        digest: sha256 of its clang, which holds the policy.
    """

    toolchain: Toolchain
    digest: str


@dataclass(frozen=True)
class MeasurePlan:
    """What is measured of each program.

    Attributes:
        variants: the ways to build it, the default first, each behind its base.
        timed: variants whose time is taken, beside the default's.
        rounds: executions of each build that are timed.
    """

    variants: Sequence[report.Variant]
    timed: Collection[str]
    rounds: int


def measure_programs(
    programs: Sequence[Program],
    lab: Lab,
    release: MeasuredCompiler,
    plan: MeasurePlan,
    *,
    valgrind: str,
    folder: Path,
    kept: KeptPrograms,
    trained_on: Collection[str] = (),
) -> report.ProgramsResult:
    """Measure programs and write a reproducer for each build that is wrong.

    Args:
        programs: what is measured.
        lab: where.
        release: what compiles them.
        plan: what is measured of each.
        valgrind: its version.
        folder: where reproducers go.
        kept: programs that an interrupted run measured, and takes those that are measured now.
        trained_on: names of programs whose code the policy was trained on.

    Raises:
        ProgramError: a program's source is not there.
        DiskError: what is known of a program cannot be written.
    """
    for program in programs:
        # What is missing is told now, and not after hours.
        find_source(program, lab.tarballs)
    missing = perf.explain_missing()
    session = _Session(lab, release, plan, folder, with_counters=not missing)
    ends = [_find_or_measure(program, session, kept) for program in programs]
    return report.ProgramsResult(
        version=report.VERSION,
        release=release.digest,
        compiler=release.toolchain.description,
        flags=CFLAGS,
        counted_by=f"valgrind {valgrind}",
        variants=list(plan.variants),
        programs=[end.result for end in ends],
        times=report.ProgramTimes(
            rounds=plan.rounds,
            counters_missing=missing,
            timings=[timing for end in ends for timing in end.timings],
            compile_s={end.result.name: end.compile_s for end in ends},
        ),
        trained_on=sorted(name for name in trained_on if name in {p.name for p in programs}),
    )


@dataclass(frozen=True)
class _Session:
    lab: Lab
    release: MeasuredCompiler
    plan: MeasurePlan
    folder: Path
    with_counters: bool

    def measure(self, program: Program) -> MeasuredProgram:
        """Measure a program, and leave nothing of its builds behind."""
        try:
            with progress(f"{program.name}: builds", len(self.plan.variants)) as advance:
                trial = try_program(program, self.lab, self.plan.variants, advance)
            trial, counted = count_trial(trial, self.lab)
            trial, timings = self._time(trial)
            culprits = {
                name: self._find_culprits(trial, attempt)
                for name, attempt in trial.attempts.items()
                if attempt.outcome == "miscompile" and trial.outcome == "ok"
            }
            seconds = {
                name: round(attempt.built.compile_s, 3)
                for name, attempt in trial.attempts.items()
                if attempt.built is not None
            }
            result = describe(trial, counted, culprits)
            return MeasuredProgram(result=result, timings=timings, compile_s=seconds)
        finally:
            # A program's builds take up to gigabytes.
            shutil.rmtree(self.lab.folder(program.name), ignore_errors=True)

    def _time(self, trial: Trial) -> tuple[Trial, list[report.WorkloadTiming]]:
        """Time the workloads of builds that differ from the default, with nothing else running."""
        timed = {name for name in self.plan.timed if name in trial.attempts}
        names = {one for name in timed for one in (name, trial.attempts[name].variant.base)}
        changed = any(trial.attempts[name].outcome == "ok" for name in timed)
        if trial.outcome != "ok" or not changed:
            return trial, []
        timings = []
        workloads = trial.program.definition.measured
        with progress(f"{trial.program.name}: wall time", len(workloads)) as advance:
            for workload in workloads:
                try:
                    timings.append(self._time_jobs(list_jobs(trial, workload, names)))
                except TimingError as error:
                    trial = settle(trial, error.job.variant, workload, error.trouble)
                    return trial, []
                advance()
        return trial, timings

    def _time_jobs(self, jobs: Sequence[Job]) -> report.WorkloadTiming:
        wall_s, user_s = time_jobs(jobs, self.lab, self.plan.rounds)
        return report.WorkloadTiming(
            program=jobs[0].program.name,
            workload=jobs[0].workload.name,
            wall_s=wall_s,
            user_s=user_s,
            counters=read_events(jobs, self.lab) if self.with_counters else {},
        )

    def _find_culprits(self, trial: Trial, attempt: Attempt) -> tuple[str, ...]:
        culprits = find_blame(trial, attempt, self.lab)
        write_reproducer(
            trial,
            attempt,
            culprits,
            self.lab,
            reproducer_folder(self.folder, trial.program.name, attempt.variant.name),
            release=self.release.digest,
            compiler=self.release.toolchain.description,
        )
        return culprits


def _find_or_measure(program: Program, session: _Session, kept: KeptPrograms) -> MeasuredProgram:
    found = kept.find(program.name)
    if found is not None:
        with progress(f"{program.name}: measured before the interruption", 1) as advance:
            advance()
        return found
    measured = session.measure(program)
    kept.keep(program.name, measured)
    return measured


def count_trial(trial: Trial, lab: Lab) -> tuple[Trial, Counted]:
    """Count every workload with every build; one that fails has another outcome then."""
    jobs = [
        job for workload in trial.program.definition.measured for job in list_jobs(trial, workload)
    ]
    if not jobs:
        return trial, {}
    with progress(f"{trial.program.name}: cachegrind", len(jobs)) as advance:
        ends = count_all(jobs, lab, advance)
    counted = {}
    for job, end in zip(jobs, ends, strict=True):
        if isinstance(end, Counts):
            counted[job.workload.name, job.name] = end
        elif _ended_well(trial, job.variant):
            trial = settle(trial, job.variant, job.workload, end)
    return trial, counted


def _ended_well(trial: Trial, variant: str) -> bool:
    return trial.outcome == "ok" and trial.attempts[variant].outcome in report.ENDED_WELL


def describe(
    trial: Trial, counted: Counted, culprits: Mapping[str, Sequence[str]]
) -> report.ProgramResult:
    """Return what the report says of a program."""
    default = trial.attempts.get(report.DEFAULT)
    well = trial.outcome == "ok"
    return report.ProgramResult(
        name=trial.program.name,
        kind=trial.program.definition.kind,
        source=trial.program.origin,
        outcome=trial.outcome,
        details=trial.details,
        objects=len(default.built.units) if default and default.built else 0,
        builds={
            name: _describe_build(attempt, culprits.get(name, ()))
            for name, attempt in trial.attempts.items()
            if well
        },
        workloads=[
            _describe_workload(workload.name, trial, counted)
            for workload in (trial.program.definition.measured if well else ())
        ],
    )


def _describe_build(attempt: Attempt, culprits: Sequence[str]) -> report.BuildResult:
    return report.BuildResult(
        outcome=attempt.outcome,
        details=attempt.details,
        differing=list(attempt.differing),
        culprits=list(culprits),
        text=attempt.built.text if attempt.built else None,
    )


def _describe_workload(workload: str, trial: Trial, counted: Counted) -> report.WorkloadResult:
    counts: dict[str, Counts] = {}
    for name, attempt in trial.attempts.items():
        if attempt.outcome == "ok":
            counts[name] = counted[workload, name]
        elif attempt.outcome == "same code":
            # One executable has one count, and the base stands before it.
            counts[name] = counts[attempt.variant.base]
    return report.WorkloadResult(
        name=workload, counts=counts, again=counted[workload, report.AGAIN]
    )
