"""What was made twice, as a table."""

from __future__ import annotations

from collections.abc import Sequence

from rich.table import Table

from regalloc.console import PlainConsole
from regalloc.pipeline.reproduction import Reproduction


def print_reproductions(reproductions: Sequence[Reproduction]) -> None:
    """Print what was compared."""
    PlainConsole().print(reproduction_table(reproductions))


def reproduction_table(reproductions: Sequence[Reproduction]) -> Table:
    """Return what was compared as a table."""
    table = Table(box=None, title="built and run twice", title_justify="left")
    table.add_column("what")
    table.add_column("files", justify="right")
    table.add_column("different", justify="right")
    for reproduction in reproductions:
        table.add_row(
            reproduction.what, str(reproduction.files), str(len(reproduction.differences))
        )
    return table
