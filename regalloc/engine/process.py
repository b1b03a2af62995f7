"""Child processes that never outlive us."""

from __future__ import annotations

import os
import signal
import subprocess
import threading
from collections.abc import Callable, Mapping, Sequence
from contextlib import suppress
from pathlib import Path
from typing import IO

from regalloc.engine.signals import shielded

GRACE_S = 10.0

_children: set[int] = set()
"""Process groups of the children at work, whichever thread waits for them."""


def run_process(
    argv: Sequence[str | Path],
    *,
    env: Mapping[str, str] | None = None,
    cwd: Path | None = None,
    on_output: Callable[[bytes], None] | None = None,
) -> int:
    """Run a command in its own process group and return its exit code, -n for signal n.

    Standard output and error go to `on_output` line by line, or where ours go when it is None.
    Whatever exception passes through, the whole group is gone when this returns.

    Raises:
        OSError: the command could not be started.
    """
    child = subprocess.Popen(
        [str(arg) for arg in argv],
        env=env,
        cwd=cwd,
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE if on_output else None,
        stderr=subprocess.STDOUT if on_output else None,
        start_new_session=True,
    )
    _children.add(child.pid)
    try:
        if on_output and child.stdout:
            _pump(child.stdout, on_output)
        return child.wait()
    finally:
        _children.discard(child.pid)
        _end(child)


def end_children() -> None:
    """Ask every child to end, and kill in :data:`GRACE_S` seconds what does not."""
    _signal_children(signal.SIGTERM)
    timer = threading.Timer(GRACE_S, _signal_children, (signal.SIGKILL,))
    timer.daemon = True
    timer.start()


def _signal_children(number: signal.Signals) -> None:
    for group in tuple(_children):
        _signal_group(group, number)


def _pump(stream: IO[bytes], on_output: Callable[[bytes], None]) -> None:
    for line in stream:
        on_output(line)


def _end(child: subprocess.Popen[bytes]) -> None:
    with shielded():
        if child.poll() is None:
            _signal_group(child.pid, signal.SIGTERM)
            with suppress(subprocess.TimeoutExpired):
                child.wait(GRACE_S)
        # Even a child that ended by itself may have left workers behind.
        _signal_group(child.pid, signal.SIGKILL)
        child.wait()
        if child.stdout:
            child.stdout.close()


def _signal_group(group: int, number: signal.Signals) -> None:
    with suppress(ProcessLookupError, PermissionError):
        os.killpg(group, number)
