"""Single lines: what goes on, where results are, what failed."""

from __future__ import annotations

from pathlib import Path

from regalloc.console import PlainConsole
from regalloc.errors import RegallocError


def say(line: str) -> None:
    """Print a line that stands out from what the stages print."""
    PlainConsole(soft_wrap=True).print(f"==> {line}", style="bold")


def print_path(title: str, path: Path) -> None:
    """Print where something lies, on one line however long it is."""
    PlainConsole().print(f"{title}: {path}", soft_wrap=True)


def print_error(error: RegallocError) -> None:
    """Write an error to standard error: what, what was seen, what to do."""
    console = PlainConsole(stderr=True, soft_wrap=True)
    head, *rest = error.render().split("\n")
    console.print(head, style="bold red")
    for line in rest:
        style = "bold" if line.startswith("what to do: ") else ""
        console.print(line, style=style)
