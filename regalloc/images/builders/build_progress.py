"""What a build shows of itself: one moving line on a terminal, plain lines elsewhere."""

from __future__ import annotations

import re
import threading
import time
from collections import deque
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field

from rich.console import Console
from rich.progress import (
    BarColumn,
    MofNCompleteColumn,
    Progress,
    SpinnerColumn,
    TextColumn,
    TimeElapsedColumn,
    TimeRemainingColumn,
)

from regalloc.console import PlainConsole
from regalloc.images.transfer.transfer_progress import LINE_EVERY_S
from regalloc.text import printable

WIDTH = 100
TERMINAL_WIDTH = 32
RATE_OVER_S = 120.0

# Ninja's counter, with what BuildKit puts in front of a line.
_COUNT = re.compile(r"^(?:#\d+ [\d.]+ )?\[(\d+)/(\d+)\] ")


def parse_count(line: bytes) -> tuple[int, int] | None:
    """Return how many of how many compiles a line of a build says are done, or None."""
    found = _COUNT.match(line.decode(errors="replace"))
    return (int(found[1]), int(found[2])) if found else None


def format_left(seconds: float) -> str:
    """Return a time as it is read at a glance: seconds, then minutes, then hours."""
    if seconds < 120:
        return f"{seconds:.0f} s"
    hours, minutes = divmod(round(seconds / 60), 60)
    return f"{hours} h {minutes:02d} min" if hours else f"{minutes} min"


@dataclass
class BuildProgress:
    """Where a build stands.

    Attributes:
        title: what is built.
        write: shows a line.
        every_s: least seconds between two lines about compiles.
        clock: seconds that only grow.
    """

    title: str
    write: Callable[[str], None]
    every_s: float
    clock: Callable[[], float] = time.monotonic
    _seen: set[str] = field(default_factory=set)
    _began: float = field(init=False)
    _total: int = field(init=False, default=0)
    _counts: deque[tuple[float, int]] = field(init=False, default_factory=deque)

    def __post_init__(self) -> None:
        self._began = self.clock()

    def step(self, step: str) -> None:
        """Show a step as it begins; steps may come out of order and repeat."""
        if step not in self._seen:
            self.write(f"{self._head()} {step[:WIDTH]}")
        self._seen.add(step)

    def count(self, done: int, total: int) -> None:
        """Show how many compiles are done, the rate of the last minutes and the time left."""
        now = self.clock()
        if total != self._total:
            self._total = total
            self._counts.clear()
        if self._counts and now - self._counts[-1][0] < self.every_s:
            return
        self._counts.append((now, done))
        # Objects from a cache come in bursts that say nothing of those that are compiled.
        while len(self._counts) > 2 and now - self._counts[1][0] >= RATE_OVER_S:
            self._counts.popleft()
        since, before = self._counts[0]
        if done > before:
            rate = (done - before) / (now - since)
            left = format_left((total - done) / rate)
            self.write(f"{self._head()} {done}/{total}, {rate:.1f}/s, {left} left")

    def _head(self) -> str:
        minutes, seconds = divmod(int(self.clock() - self._began), 60)
        return f"{self.title} {minutes:02d}:{seconds:02d}"


class BuildBar:
    """The same on a terminal: one line with the step, a bar, and the time so far.

    Args:
        bar: what draws.
        title: what is built.
    """

    def __init__(self, bar: Progress, title: str) -> None:
        self._bar = bar
        self._title = title
        self._task = bar.add_task(printable(title), total=None)

    def step(self, step: str) -> None:
        """Show a step as it begins."""
        name = printable(f"{self._title} {step[:TERMINAL_WIDTH]}")
        self._bar.update(self._task, description=name)

    def count(self, done: int, total: int) -> None:
        """Show how many compiles are done."""
        self._bar.update(self._task, completed=done, total=total)

    def end(self) -> None:
        """Take the line away."""
        self._bar.remove_task(self._task)


class _Board:
    """The one live display that builds at the same time share."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._bar: Progress | None = None
        self._users = 0

    @contextmanager
    def shared(self, console: Console) -> Iterator[Progress]:
        """Yield the display; the first build that wants it starts it, the last one ends it."""
        with self._lock:
            bar = self._bar or _start_bar(console)
            self._bar = bar
            self._users += 1
        try:
            yield bar
        finally:
            with self._lock:
                self._users -= 1
                if not self._users:
                    self._bar = None
                    bar.stop()


_BOARD = _Board()


def _start_bar(console: Console) -> Progress:
    columns = (
        SpinnerColumn(),
        TextColumn("{task.description}", markup=False),
        BarColumn(bar_width=20),
    )
    times = (MofNCompleteColumn(), TimeElapsedColumn(), TimeRemainingColumn())
    bar = Progress(*columns, *times, console=console, transient=True)
    bar.start()
    return bar


@contextmanager
def show_progress(title: str) -> Iterator[BuildProgress | BuildBar]:
    """Yield what is told each step as it begins and each compile as it ends."""
    console = PlainConsole()
    if not console.is_terminal:
        yield BuildProgress(title, lambda line: print(line, flush=True), LINE_EVERY_S)
        return
    with _BOARD.shared(console) as bar:
        line = BuildBar(bar, title)
        try:
            yield line
        finally:
            line.end()
