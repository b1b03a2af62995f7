"""Count and time the workloads of a program with each build that ended well."""

from __future__ import annotations

from collections.abc import Callable, Collection, Sequence
from concurrent.futures import ThreadPoolExecutor, as_completed
from dataclasses import dataclass

from regalloc.programs import cachegrind, perf
from regalloc.programs.build import Built
from regalloc.programs.definition import Argv, Program, Workload
from regalloc.programs.lab import AGAIN_SLOT, Lab, TrialError
from regalloc.programs.trial import Expected, Trial
from regalloc.programs.workload import Execution, check, execute
from regalloc.report.counts import Counts, Events
from regalloc.report.programs_result import AGAIN, DEFAULT, Rounds


@dataclass(frozen=True)
class Job:
    """A workload with one build.

    Attributes:
        program: whose workload.
        workload: which.
        name: the build's: a variant, or ``again``.
        built: the build.
        slot: folder of its executions.
        expected: what it must print and write.
    """

    program: Program
    workload: Workload
    name: str
    built: Built
    slot: str
    expected: Expected

    @property
    def variant(self) -> str:
        """Return the variant whose build is executed."""
        return DEFAULT if self.name == AGAIN else self.name

    def run(self, lab: Lab, prefix: Argv = ()) -> Execution:
        """Execute it and check what it prints.

        Raises:
            TrialError: it crashed, did not end, or printed something else.
        """
        run = execute(self.program, self.workload, self.built, lab, self.slot, prefix)
        check(run, self.expected)
        return run


def list_jobs(trial: Trial, workload: Workload, names: Collection[str] | None = None) -> list[Job]:
    """Return a workload's executions: one for each build that does something of its own.

    Args:
        trial: the program.
        workload: of it.
        names: variants that are executed, beside the default twice; None for all.

    Returns:
        the default, the same again, and each variant that is not the same code as its base.
    """
    if trial.outcome != "ok":
        return []
    attempts = [
        attempt
        for name, attempt in trial.attempts.items()
        if attempt.outcome == "ok" and (names is None or name in (DEFAULT, *names))
    ]
    slots = [(one.variant.name, one.good, one.slot) for one in attempts]
    slots.insert(1, (AGAIN, trial.attempts[DEFAULT].good, AGAIN_SLOT))
    expected = trial.expected[workload.name]
    return [
        Job(trial.program, workload, name, built, slot, expected)
        for name, built, slot in slots
        if built is not None
    ]


def count_all(
    jobs: Sequence[Job], lab: Lab, advance: Callable[[], None]
) -> list[Counts | TrialError]:
    """Count executions, several at a time.

    Args:
        jobs: what is executed.
        lab: where.
        advance: called once per execution that ended, in the calling thread.

    Returns:
        what was counted, or what went wrong, in the order of the jobs.
    """
    pool = ThreadPoolExecutor(max_workers=lab.jobs, thread_name_prefix="count")
    try:
        futures = [pool.submit(_count, job, lab) for job in jobs]
        for future in as_completed(futures):
            future.result()
            advance()
        return [future.result() for future in futures]
    except BaseException:
        lab.processes.kill()
        raise
    finally:
        pool.shutdown(wait=True, cancel_futures=True)


def _count(job: Job, lab: Lab) -> Counts | TrialError:
    try:
        return count_job(job, lab)
    except TrialError as trouble:
        return trouble


def count_job(job: Job, lab: Lab) -> Counts:
    """Execute a workload under cachegrind and return its counts.

    Raises:
        TrialError: it crashed, did not end, printed something else, or was not counted.
    """
    path = lab.folder(job.program.name) / f"{job.workload.name}-{job.slot}.counts"
    run = job.run(lab, cachegrind.count_prefix(path))
    try:
        return cachegrind.read_counts(path.read_text(encoding="utf-8", errors="replace"))
    except (OSError, ValueError) as error:
        raise TrialError("crashed", f"cachegrind: {error}\n{run.end.stderr}".strip()) from error


class TimingError(Exception):
    """An execution that was timed and did not end as the ones before.

    Attributes:
        job: which.
        trouble: how it ended.
    """

    def __init__(self, job: Job, trouble: TrialError) -> None:
        super().__init__(trouble.details)
        self.job = job
        self.trouble = trouble


def time_jobs(jobs: Sequence[Job], lab: Lab, rounds: int) -> tuple[Rounds, Rounds]:
    """Take elapsed and user seconds of each build, one after the other, round by round.

    Each round starts with another build, so that none always comes first.

    Raises:
        TimingError: an execution did not end as the ones before.
    """
    wall_s: Rounds = {job.name: [] for job in jobs}
    user_s: Rounds = {job.name: [] for job in jobs}
    for number in range(rounds):
        first = number % len(jobs)
        for job in (*jobs[first:], *jobs[:first]):
            end = _run(job, lab).end
            wall_s[job.name].append(end.wall_s)
            user_s[job.name].append(end.user_s)
    return wall_s, user_s


def read_events(jobs: Sequence[Job], lab: Lab) -> dict[str, Events]:
    """Execute each build under ``perf stat``, and return what that counted by variant.

    Raises:
        TimingError: an execution did not end as the ones before.
    """
    found = {}
    for job in jobs:
        if job.name != AGAIN:
            path = lab.folder(job.program.name) / f"{job.workload.name}-{job.slot}.events"
            _run(job, lab, perf.events_prefix(path))
            text = path.read_text(encoding="utf-8", errors="replace")
            found[job.name] = perf.read_events(text)
    return found


def _run(job: Job, lab: Lab, prefix: Argv = ()) -> Execution:
    try:
        return job.run(lab, prefix)
    except TrialError as trouble:
        raise TimingError(job, trouble) from trouble
