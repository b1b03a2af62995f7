"""What a build shows of itself: one moving line on a terminal, plain lines elsewhere."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager

from rich.console import Console
from rich.markup import escape

WIDTH = 100


@contextmanager
def show_progress(title: str) -> Iterator[Callable[[str], None]]:
    """Yield a function that is told each step as it begins.

    Steps may come out of order and repeat; each is shown with the time since the start.
    """
    console = Console()
    began = time.monotonic()
    seen: set[str] = set()

    def line(step: str) -> str:
        minutes, seconds = divmod(int(time.monotonic() - began), 60)
        return f"{title} {minutes:02d}:{seconds:02d} {step[:WIDTH]}"

    def plain(step: str) -> None:
        if step not in seen:
            print(line(step), flush=True)
        seen.add(step)

    if not console.is_terminal:
        yield plain
        return
    with console.status(escape(title)) as status:
        yield lambda step: status.update(escape(line(step)))
