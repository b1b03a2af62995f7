"""What moving an image shows: one moving line on a terminal, plain lines elsewhere."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field

from rich.progress import BarColumn, Progress, SpinnerColumn, TextColumn, TimeElapsedColumn

from regalloc.console import PlainConsole
from regalloc.engine.store import Event, Watch
from regalloc.text import printable

LINE_EVERY_S = 10.0
_FINISHED = ("Pull complete", "Already exists", "Pushed", "Layer already exists", "Mounted from")
# Unpacking counts the same bytes a second time.
_MOVING = ("Downloading", "Pushing", "Loading layer")
_RETRYING = "Retrying"


@dataclass
class Layers:
    """How far an image's layers are.

    Attributes:
        status: what happens to each layer, in the engine's words.
        moved: bytes of each layer moved and to move.
    """

    status: dict[str, str] = field(default_factory=dict)
    moved: dict[str, tuple[int, int]] = field(default_factory=dict)

    def see(self, event: Event) -> bool:
        """Take an event in, and return whether it begins to try again after a failure."""
        # Before the layers comes a line whose id is the whole reference's.
        if not event.layer or event.status.startswith("Pulling from"):
            return False
        before = self.status.get(event.layer, "")
        self.status[event.layer] = event.status
        if event.status in _MOVING:
            # The engine counts the ends of tar blocks, too.
            self.moved[event.layer] = (min(event.done, event.total), event.total)
        retrying = event.status.startswith(_RETRYING)
        return retrying and not before.startswith(_RETRYING)

    @property
    def finished(self) -> int:
        """Return how many layers are done."""
        return sum(self._is_finished(layer) for layer in self.status)

    def _is_finished(self, layer: str) -> bool:
        if self.status[layer].startswith(_FINISHED):
            return True
        done, total = self.moved.get(layer, (0, 1))
        # A layer that is loaded says no more than that all of it is.
        return self.status[layer] == "Loading layer" and done == total

    def text(self) -> str:
        """Return layers and megabytes, of those layers whose size is known by now."""
        done = sum(size for size, _ in self.moved.values()) / 1e6
        total = sum(size for _, size in self.moved.values()) / 1e6
        layers = f"{self.finished}/{len(self.status)} layers"
        return f"{layers}, {done:.1f} of {total:.1f} MB" if total else layers


@dataclass
class TransferLines:
    """A move as plain lines.

    Attributes:
        title: what is moved, and how.
        write: shows a line.
        every_s: least seconds between two lines.
        clock: seconds that only grow.
    """

    title: str
    write: Callable[[str], None]
    every_s: float = LINE_EVERY_S
    clock: Callable[[], float] = time.monotonic
    _layers: Layers = field(default_factory=Layers)
    _last: float = field(init=False)

    def __post_init__(self) -> None:
        self._last = self.clock()

    def see(self, event: Event) -> None:
        """Take in an event."""
        if self._layers.see(event):
            self.write(f"{self.title}: the connection failed; docker tries again")
        now = self.clock()
        if self._layers.status and now - self._last >= self.every_s:
            self._last = now
            self.write(f"{self.title}: {self._layers.text()}")


class TransferBar:
    """The same on a terminal.

    Args:
        bar: what draws.
        title: what is moved, and how.
    """

    def __init__(self, bar: Progress, title: str) -> None:
        self._bar = bar
        self._title = title
        self._layers = Layers()
        self._task = bar.add_task(printable(title), total=None)

    def see(self, event: Event) -> None:
        """Take in an event."""
        if self._layers.see(event):
            self._bar.console.print(
                f"{self._title}: the connection failed; docker tries again",
            )
        self._bar.update(
            self._task,
            description=printable(f"{self._title} {self._layers.text()}"),
            completed=self._layers.finished,
            total=len(self._layers.status) or None,
        )


@contextmanager
def show_transfer(title: str) -> Iterator[Watch]:
    """Yield what is told each event of a move."""
    console = PlainConsole()
    if not console.is_terminal:
        yield TransferLines(title, lambda line: print(line, flush=True)).see
        return
    columns = (
        SpinnerColumn(),
        TextColumn("{task.description}", markup=False),
        BarColumn(bar_width=20),
    )
    with Progress(*columns, TimeElapsedColumn(), console=console, transient=True) as bar:
        yield TransferBar(bar, title).see
