"""Show how far a loop is: a bar on a terminal, a line now and then in a log."""

from __future__ import annotations

import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import TextIO

from regalloc.text import printable

Advance = Callable[[], None]

LINE_EVERY_S = 10.0


@contextmanager
def progress(description: str, total: int) -> Iterator[Advance]:
    """Yield a function to call once per finished item.

    Args:
        description: what is done, in a word or two.
        total: number of items.
    """
    if sys.stderr.isatty():
        with _bar(description, total) as advance:
            yield advance
        return
    lines = Lines(description, total, sys.stderr)
    yield lines.advance
    lines.close()


class Lines:
    """Progress as plain lines, for logs.

    Args:
        description: what is done.
        total: number of items.
        stream: where the lines go.
        clock: seconds that only grow.
    """

    def __init__(
        self,
        description: str,
        total: int,
        stream: TextIO,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        self._description = description
        self._total = total
        self._stream = stream
        self._clock = clock
        self._start = self._last = clock()
        self._done = 0

    def advance(self) -> None:
        """Count an item, and write a line when the last one is old."""
        self._done += 1
        now = self._clock()
        if now - self._last >= LINE_EVERY_S:
            self._last = now
            rate = self._done / (now - self._start)
            left_s = max(0, self._total - self._done) / rate
            self._write(f"{rate:.1f}/s, {left_s:.0f} s left")

    def close(self) -> None:
        """Write the last line, with the time it all took."""
        taken_s = self._clock() - self._start
        rate = self._done / taken_s if taken_s else 0.0
        self._write(f"{rate:.1f}/s, {taken_s:.1f} s")

    def _write(self, text: str) -> None:
        line = f"{printable(self._description)} {self._done}/{self._total}, {text}"
        print(line, file=self._stream, flush=True)


@contextmanager
def _bar(description: str, total: int) -> Iterator[Advance]:
    # Imported here: in a container's log there is no bar, and rich would only cost start-up time.
    from rich.console import Console
    from rich.progress import (
        BarColumn,
        MofNCompleteColumn,
        Progress,
        ProgressColumn,
        Task,
        TextColumn,
        TimeRemainingColumn,
    )
    from rich.text import Text

    class RateColumn(ProgressColumn):
        """Items per second."""

        def render(self, task: Task) -> Text:
            speed = task.finished_speed or task.speed
            return Text("" if speed is None else f"{speed:.1f}/s")

    with Progress(
        TextColumn("{task.description}", markup=False),
        BarColumn(),
        MofNCompleteColumn(),
        RateColumn(),
        TimeRemainingColumn(),
        console=Console(stderr=True),
    ) as bar:
        task = bar.add_task(printable(description), total=total)
        yield lambda: bar.advance(task)
