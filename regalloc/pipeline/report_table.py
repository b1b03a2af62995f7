"""The evaluation as a table on the terminal."""

from __future__ import annotations

from pathlib import Path

from rich.box import SIMPLE_HEAD
from rich.console import Console
from rich.table import Table

from regalloc.report import report
from regalloc.report.report import Comparison, Part, Report
from regalloc.report.rows import NAMES, POLICY


def print_report(path: Path, console: Console | None = None) -> None:
    """Print the table of a report.json.

    Raises:
        ManifestError: the report cannot be read.
    """
    console = console or Console()
    content = report.read(path)
    console.print(_scores(content))
    console.print(f"{content.verdict.text}.", style="bold", highlight=False)
    console.print(
        f"{_count('held out', content.held_out)}; {content.held_out.shared_functions} functions "
        f"that training also saw are left out\n{_count('train', content.train)}\n"
        "Score: LLVM's RegAllocScore, spill cost weighted by block frequency; geometric means over "
        "functions.",
        style="dim",
        highlight=False,
    )
    if content.failures:
        kinds = ", ".join(f"{n} x {kind}" for kind, n in content.failures_by_kind.items())
        console.print(f"failed compiles: {kinds} (see failures in {path})", style="yellow")


def _scores(content: Report) -> Table:
    table = Table(
        title="score ratio to the default heuristic (default = 1, lower is better)",
        title_justify="left",
        box=SIMPLE_HEAD,
        collapse_padding=True,
        show_edge=False,
        pad_edge=False,
    )
    table.add_column("policy", no_wrap=True)
    for column in ("held out", "95 % interval", "better", "equal", "worse", "train"):
        table.add_column(column, justify="right", no_wrap=True)
    table.add_column("95 % interval", justify="right", no_wrap=True)
    for policy, name in NAMES.items():
        held_out, train = (part.comparisons[policy] for part in (content.held_out, content.train))
        signs = (held_out.better, held_out.equal, held_out.worse)
        table.add_row(
            name, *_cells(held_out), *map(str, signs), *_cells(train),
            style="bold" if policy == POLICY else "",
        )  # fmt: skip
    return table


def _cells(comparison: Comparison) -> tuple[str, str]:
    ratio, interval = comparison.score.ratio, comparison.score.interval
    return (
        "-" if ratio is None else f"{ratio:.4f}",
        f"{interval.low:.4f}-{interval.high:.4f}" if interval else "-",
    )


def _count(name: str, part: Part) -> str:
    return (
        f"{name}: {part.modules} modules, {part.functions} functions with a decision, "
        f"{part.decisions} decisions"
    )
