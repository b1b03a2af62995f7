"""The evaluation as a table on the terminal."""

from __future__ import annotations

from pathlib import Path

from rich.console import Console
from rich.table import Table

from regalloc.report import report
from regalloc.report.report import Part, Report


def print_report(path: Path, console: Console | None = None) -> None:
    """Print the table of a report.json.

    Raises:
        ManifestError: the report cannot be read.
    """
    console = console or Console()
    content = report.read(path)
    console.print(_scores(content))
    console.print(f"{content.verdict}.", style="bold", highlight=False)
    console.print(
        "Score: LLVM's RegAllocScore, spill cost weighted by block frequency. Geometric means over "
        "functions with a decision. Held-out functions that training also saw are left out: "
        f"{content.held_out.shared_functions}.",
        style="dim",
        highlight=False,
    )
    if content.failures:
        kinds = ", ".join(f"{count} x {kind}" for kind, count in content.failures.items())
        console.print(f"failed compiles: {kinds} (see quarantined in {path})", style="yellow")


def _scores(content: Report) -> Table:
    table = Table(title="score ratio to the default heuristic (default = 1, lower is better)")
    table.add_column("part", no_wrap=True)
    for column in ("modules", "functions", "decisions", "random", "warm start"):
        table.add_column(column, justify="right", no_wrap=True)
    table.add_column("trained", justify="right", style="bold", no_wrap=True)
    table.add_row("held out", *_cells(content.held_out))
    table.add_row("train", *_cells(content.train))
    return table


def _cells(part: Part) -> tuple[str, ...]:
    ratios = (part.score_ratio.random, part.score_ratio.warmstart, part.score_ratio.policy)
    return (
        str(part.modules),
        str(part.functions),
        str(part.decisions),
        *("-" if ratio is None else f"{ratio:.4f}" for ratio in ratios),
    )
