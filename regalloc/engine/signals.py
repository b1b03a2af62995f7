"""Ctrl-C and SIGTERM: one exception on the way in, nothing at all while cleaning up."""

from __future__ import annotations

import signal
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from types import FrameType
from typing import Any

from regalloc.errors import StoppedError

_SIGNALS = (signal.SIGINT, signal.SIGTERM)
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
    before = {number: signal.signal(number, handler) for number in _SIGNALS}
    try:
        yield
    finally:
        for number, old in before.items():
            signal.signal(number, old)


def interruptible() -> Any:
    """Return a context in which Ctrl-C and SIGTERM raise :class:`StoppedError`."""
    return _handled(_interrupt)


def shielded() -> Any:
    """Return a context that neither Ctrl-C nor SIGTERM can leave early."""
    return _handled(signal.SIG_IGN)
