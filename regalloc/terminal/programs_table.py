"""The programs' results as a table."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

from rich.box import SIMPLE_HEAD
from rich.console import Console
from rich.table import Table

from regalloc.report.programs_result import ProgramResult, ProgramsResult


def print_programs(content: ProgramsResult, path: Path, console: Console | None = None) -> None:
    """Print the results as a table, and where they lie."""
    console = console or Console()
    console.print(programs_table(content))
    console.print(f"results: {path}", markup=False, soft_wrap=True, highlight=False)


def programs_table(content: ProgramsResult) -> Table:
    """Return a row for each workload, and for each program that has none to show."""
    table = Table(
        title="real programs, policy over default (default = 1, less is better)",
        title_justify="left",
        box=SIMPLE_HEAD,
        show_edge=False,
        pad_edge=False,
    )
    for name in ("program", "workload", "outcome"):
        table.add_column(name, no_wrap=True)
    for name in ("instructions", "loads", "stores", "code"):
        table.add_column(name, justify="right", no_wrap=True)
    for program in content.programs:
        for row in _rows(program):
            table.add_row(*row)
    return table


def _rows(program: ProgramResult) -> Iterator[tuple[str, ...]]:
    if not program.workloads:
        blame = f" ({program.blame})" if program.blame else ""
        yield program.name, "", f"{program.outcome}{blame}", "", "", "", ""
    for workload in program.workloads:
        ratio = workload.ratio
        yield (
            program.name,
            workload.name,
            program.outcome,
            f"{ratio.instructions:.4f}",
            f"{ratio.data_reads:.4f}",
            f"{ratio.data_writes:.4f}",
            _text_ratio(program),
        )


def _text_ratio(program: ProgramResult) -> str:
    if not program.text_default or program.text_policy is None:
        return ""
    return f"{program.text_policy / program.text_default:.4f}"
