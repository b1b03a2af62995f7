"""One piece of work at a time beside the thread that asked for it."""

from __future__ import annotations

import threading
from collections.abc import Callable
from concurrent.futures import Future, ThreadPoolExecutor
from types import TracebackType
from typing import Generic, TypeVar

from regalloc.errors import StoppedError

T = TypeVar("T")

Check = Callable[[], None]
"""Raises StoppedError once what it was given to is no longer wanted."""


class Ahead(Generic[T]):
    """Does work beside the calling thread; as a context, gives up what is not done at its end."""

    def __init__(self) -> None:
        self._stopped = threading.Event()
        self._thread = ThreadPoolExecutor(1, thread_name_prefix="ahead")
        self._begun: Future[T] | None = None

    def __enter__(self) -> Ahead[T]:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self._stopped.set()
        self._thread.shutdown(wait=True, cancel_futures=True)

    def begin(self, work: Callable[[Check], T]) -> None:
        """Begin with some work, which is to call what it is given now and then."""
        self._begun = self._thread.submit(work, self._check)

    def take(self) -> T | None:
        """Wait for what was begun and return what it did; None if nothing was.

        Raises:
            Whatever the work raises.
        """
        begun, self._begun = self._begun, None
        return begun.result() if begun else None

    def _check(self) -> None:
        if self._stopped.is_set():
            raise StoppedError("interrupted")
