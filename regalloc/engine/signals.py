"""Ctrl-C and what else ends a run: one exception on the way in, nothing while cleaning up."""

from __future__ import annotations

import signal
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from types import FrameType
from typing import Any

from regalloc.errors import StoppedError

_SIGNALS = (signal.SIGINT, signal.SIGTERM, signal.SIGHUP, signal.SIGQUIT)
_Handler = Callable[[int, FrameType | None], Any] | int


def _interrupt(number: int, frame: FrameType | None) -> None:
    name = signal.Signals(number).name
    raise StoppedError(f"stopped by {name}", resolution="run the same command again to go on")


@contextmanager
def _handled(handler: _Handler) -> Iterator[None]:
    # Python lets only the main thread set handlers; elsewhere the caller's stay in force.
    if threading.current_thread() is not threading.main_thread():
        yield
        return
    # What is ignored stays so: nohup has a run go on when its terminal is gone.
    heard = [number for number in _SIGNALS if signal.getsignal(number) is not signal.SIG_IGN]
    before = {number: signal.signal(number, handler) for number in heard}
    try:
        yield
    finally:
        for number, old in before.items():
            signal.signal(number, old)


def interruptible() -> Any:
    """Return a context in which each of these signals raises :class:`StoppedError`."""
    return _handled(_interrupt)


def shielded() -> Any:
    """Return a context that none of these signals can leave early."""
    return _handled(signal.SIG_IGN)
