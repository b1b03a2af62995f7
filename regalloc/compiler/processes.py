"""Start, limit, wait for and kill the processes that compile."""

from __future__ import annotations

import math
import os
import resource
import signal
import subprocess
import threading
import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from regalloc.errors import StoppedError
from regalloc.settings import Limits

MAX_FILE_BYTES = 2**29
"""A policy that evicts in circles logs 2.7 kB per decision; at 512 MiB the compile is stopped."""

# One compile is one worker: TensorFlow inside of it must not start a thread per core.
_ENVIRONMENT = {
    "LC_ALL": "C",
    "OMP_NUM_THREADS": "1",
    "TF_CPP_MIN_LOG_LEVEL": "2",
    # The same numbers on every processor.
    "TF_ENABLE_ONEDNN_OPTS": "0",
    "TF_NUM_INTEROP_THREADS": "1",
    "TF_NUM_INTRAOP_THREADS": "1",
}

ROLLOUTS = {"GLIBC_TUNABLES": "glibc.malloc.mmap_max=0"}
"""What a compile that makes several rollouts needs in its environment: a heap in one piece."""


@dataclass(frozen=True)
class Exit:
    """How a process ended.

    Attributes:
        code: exit code, negative for a signal.
        timed_out: whether it was killed at the wall-clock limit.
        wall_s: elapsed seconds.
        user_s: seconds of processor time in user mode.
        stderr: what it wrote there.
    """

    code: int
    timed_out: bool
    wall_s: float
    user_s: float
    stderr: str


@dataclass(frozen=True)
class Place:
    """Where a process runs.

    Attributes:
        folder: its working directory.
        environment: all of its environment.
        stderr: file that takes what it writes there.
        stdout: the same for its output.
        stdin: file it reads.
    """

    folder: Path
    environment: Mapping[str, str]
    stderr: Path
    stdout: Path = Path(os.devnull)
    stdin: Path = Path(os.devnull)


def compile_place(folder: Path, *, rollouts: int = 1) -> Place:
    """Return the place of a compile, whose temporary files lie in a folder of its own."""
    several = ROLLOUTS if rollouts > 1 else {}
    return Place(folder, {**environment(), **several, "TMPDIR": str(folder)}, folder / "stderr")


def environment() -> dict[str, str]:
    """Return the environment of a compiler process."""
    return {**os.environ, **_ENVIRONMENT}


class Processes:
    """The compiles that run now, so that all of them can be ended at once."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._running: set[int] = set()
        self._closed = False
        self._turns = threading.Condition()
        self._inside = 0
        self._alone = False

    @contextmanager
    def turn(self, alone: bool = False) -> Iterator[None]:
        """Wait until a process may run, beside others or with none of them beside it."""
        with self._turns:
            self._turns.wait_for(lambda: not self._alone)
            if alone:
                self._alone = True
                self._turns.wait_for(lambda: self._inside == 0)
            self._inside += 1
        try:
            yield
        finally:
            with self._turns:
                self._inside -= 1
                if alone:
                    self._alone = False
                self._turns.notify_all()

    def start(self, argv: tuple[str, ...], place: Place) -> int:
        """Start a process in a group of its own and return its id.

        Raises:
            StoppedError: :meth:`kill` was called before.
        """
        with (
            self._lock,
            place.stdin.open("rb") as stdin,
            place.stdout.open("wb") as stdout,
            place.stderr.open("wb") as stderr,
        ):
            if self._closed:
                raise StoppedError("interrupted")
            process = subprocess.Popen(
                argv,
                cwd=place.folder,
                env=place.environment,
                stdin=stdin,
                stdout=stdout,
                stderr=stderr,
                process_group=0,
            )
            self._running.add(process.pid)
        # wait4 reaps it, for the sake of its processor time; Popen must not try to.
        process.returncode = 0
        return process.pid

    def stop(self, pid: int) -> None:
        """Kill a process group, if it still runs."""
        with self._lock:
            if pid in self._running:
                os.killpg(pid, signal.SIGKILL)

    def finish(self, pid: int) -> tuple[int, float]:
        """Wait for a process; return its exit code (negative for a signal) and user seconds."""
        # WNOWAIT leaves a zombie, which keeps the id from being reused until it is forgotten.
        os.waitid(os.P_PID, pid, os.WEXITED | os.WNOWAIT)
        with self._lock:
            self._running.discard(pid)
        _, status, usage = os.wait4(pid, 0)
        return os.waitstatus_to_exitcode(status), usage.ru_utime

    def kill(self) -> None:
        """Kill all that run and let none start any more."""
        with self._lock:
            self._closed = True
            for pid in self._running:
                os.killpg(pid, signal.SIGKILL)


def run_limited(
    argv: tuple[str, ...], place: Place, limits: Limits, processes: Processes, alone: bool = False
) -> Exit:
    """Run a command to its end or to a limit.

    Args:
        argv: the command.
        place: where it runs.
        limits: what it may use.
        processes: where it is registered while it runs.
        alone: whether no other of these runs beside it.

    Raises:
        OSError: it could not be started.
        StoppedError: ``processes`` was killed before.
    """
    with processes.turn(alone):
        return _run(argv, place, limits, processes)


def _run(argv: tuple[str, ...], place: Place, limits: Limits, processes: Processes) -> Exit:
    start = time.monotonic()
    pid = processes.start(argv, place)
    timed_out = threading.Event()

    def stop() -> None:
        timed_out.set()
        processes.stop(pid)

    timer = threading.Timer(limits.wall_s, stop)
    timer.daemon = True
    timer.start()
    try:
        _limit(pid, limits)
    except OSError:
        processes.stop(pid)
        raise
    finally:
        code, user_s = processes.finish(pid)
        timer.cancel()
    wall_s = time.monotonic() - start
    stderr = place.stderr.read_bytes().decode("utf-8", "replace")
    # The timer may fire at the very moment the compile ends by itself.
    return Exit(code, timed_out.is_set() and code < 0, wall_s, user_s, stderr)


def _limit(pid: int, limits: Limits) -> None:
    """Put limits on a process that has just started.

    Done from outside: code between fork and exec is not safe where other threads run.
    """
    memory = limits.memory_mb * 2**20
    cpu_s = math.ceil(limits.wall_s)
    for kind, *wanted in (
        (resource.RLIMIT_AS, memory, memory),
        (resource.RLIMIT_CPU, cpu_s, cpu_s + 5),
        (resource.RLIMIT_CORE, 0, 0),
        (resource.RLIMIT_FSIZE, MAX_FILE_BYTES, MAX_FILE_BYTES),
    ):
        ceiling = resource.prlimit(pid, kind)[1]
        if ceiling != resource.RLIM_INFINITY:
            wanted = [min(limit, ceiling) for limit in wanted]
        resource.prlimit(pid, kind, (wanted[0], wanted[1]))
