"""Single lines: what goes on, where results are, what failed."""

from __future__ import annotations

from pathlib import Path

from rich.console import Console
from rich.markup import escape

from regalloc.errors import RegallocError


def say(line: str) -> None:
    """Print a line that stands out from what the stages print."""
    Console(highlight=False, soft_wrap=True).print(f"==> {line}", style="bold", markup=False)


def print_path(title: str, path: Path) -> None:
    """Print where something lies, on one line however long it is."""
    Console().print(f"{title}: {path}", markup=False, soft_wrap=True, highlight=False)


def print_error(error: RegallocError) -> None:
    """Write an error to standard error: what, what was seen, what to do."""
    console = Console(stderr=True, soft_wrap=True, highlight=False)
    head, *rest = error.render().split("\n")
    console.print(escape(head), style="bold red")
    for line in rest:
        style = "bold" if line.startswith("what to do: ") else ""
        console.print(escape(line), style=style)
