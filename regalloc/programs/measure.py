"""Count and time the workloads of programs that ended well."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor, as_completed
from dataclasses import dataclass

from regalloc.programs import cachegrind, perf
from regalloc.programs.build import Built
from regalloc.programs.definition import Argv, Program, Workload
from regalloc.programs.lab import Lab, TrialError
from regalloc.programs.trial import AGAIN_SLOT, DEFAULT_SLOT, POLICY_SLOT, Expected, Trial
from regalloc.programs.workload import Execution, check, execute
from regalloc.report.programs_result import Blame, Counters, Counts, Events, Rounds

SLOTS = (DEFAULT_SLOT, POLICY_SLOT, AGAIN_SLOT)
WELL = ("ok", "same code")


@dataclass(frozen=True)
class Job:
    """One workload of a program that ended well, with both builds."""

    program: Program
    workload: Workload
    builds: Mapping[str, Built]
    expected: Expected

    def run(self, lab: Lab, slot: str, prefix: Argv = ()) -> Execution:
        """Execute it with the build of a slot and check what it prints.

        Raises:
            TrialError: it crashed, did not end, or printed something else.
        """
        try:
            run = execute(self.program, self.workload, self.builds[slot], lab, slot, prefix)
            check(run, self.expected)
        except TrialError as trouble:
            blame: Blame = "policy" if slot == POLICY_SLOT else "program"
            raise TrialError(trouble.outcome, trouble.details, blame) from trouble
        return run


def list_jobs(trial: Trial) -> list[Job]:
    """Return the workloads to count and to time; none if the program did not end well."""
    if trial.outcome not in WELL or not trial.default or not trial.policy:
        return []
    builds = {DEFAULT_SLOT: trial.default, POLICY_SLOT: trial.policy, AGAIN_SLOT: trial.default}
    return [
        Job(trial.program, workload, builds, trial.expected[workload.name])
        for workload in trial.program.definition.measured
    ]


def count_all(
    requests: Sequence[tuple[Job, str]], lab: Lab, advance: Callable[[], None]
) -> list[Counts | TrialError]:
    """Count executions, several at a time.

    Args:
        requests: workloads, each with the slot that is executed.
        lab: where.
        advance: called once per execution that ended, in the calling thread.

    Returns:
        what was counted, or what went wrong, in the order of the requests.
    """
    pool = ThreadPoolExecutor(max_workers=lab.jobs, thread_name_prefix="count")
    try:
        futures = [pool.submit(_count, job, slot, lab) for job, slot in requests]
        for future in as_completed(futures):
            future.result()
            advance()
        return [future.result() for future in futures]
    except BaseException:
        lab.processes.kill()
        raise
    finally:
        pool.shutdown(wait=True, cancel_futures=True)


def _count(job: Job, slot: str, lab: Lab) -> Counts | TrialError:
    try:
        return count_job(job, slot, lab)
    except TrialError as trouble:
        return trouble


def count_job(job: Job, slot: str, lab: Lab) -> Counts:
    """Execute a workload under cachegrind and return its counts.

    Raises:
        TrialError: it crashed, did not end, printed something else, or was not counted.
    """
    path = lab.folder(job.program.name) / f"{job.workload.name}-{slot}.counts"
    run = job.run(lab, slot, cachegrind.count_prefix(path))
    try:
        return cachegrind.read_counts(path.read_text(encoding="utf-8", errors="replace"))
    except (OSError, ValueError) as error:
        raise TrialError("crashed", f"cachegrind: {error}\n{run.end.stderr}".strip()) from error


def time_job(job: Job, lab: Lab, rounds: int) -> tuple[Rounds, Rounds]:
    """Take elapsed and user seconds of each build, one after the other, round by round.

    Each round starts with another build, so that none always comes first.

    Raises:
        TrialError: an execution did not end as the ones before.
    """
    wall_s: dict[str, list[float]] = {slot: [] for slot in SLOTS}
    user_s: dict[str, list[float]] = {slot: [] for slot in SLOTS}
    for number in range(rounds):
        first = number % len(SLOTS)
        for slot in (*SLOTS[first:], *SLOTS[:first]):
            end = job.run(lab, slot).end
            wall_s[slot].append(end.wall_s)
            user_s[slot].append(end.user_s)
    return _rounds(wall_s), _rounds(user_s)


def read_counters(job: Job, lab: Lab) -> Counters:
    """Execute both builds under ``perf stat``.

    Raises:
        TrialError: an execution did not end as the ones before.
    """
    return Counters(default=_events(job, lab, DEFAULT_SLOT), policy=_events(job, lab, POLICY_SLOT))


def _events(job: Job, lab: Lab, slot: str) -> Events:
    path = lab.folder(job.program.name) / f"{job.workload.name}-{slot}.events"
    job.run(lab, slot, perf.events_prefix(path))
    return perf.read_events(path.read_text(encoding="utf-8", errors="replace"))


def _rounds(seconds: Mapping[str, list[float]]) -> Rounds:
    return Rounds(
        default=seconds[DEFAULT_SLOT], policy=seconds[POLICY_SLOT], again=seconds[AGAIN_SLOT]
    )
