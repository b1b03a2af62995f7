"""The evaluation as a table on the terminal."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING

from rich.box import SIMPLE_HEAD
from rich.console import Console
from rich.table import Table

from regalloc.console import PlainConsole
from regalloc.report.report import Estimate, Part, Report
from regalloc.report.rows import POLICY

if TYPE_CHECKING:
    # Brings in numpy.
    from regalloc.summary.seed_comparison import Seeds

HELD_OUT = ("held out", "95 % interval", "better", "equal", "worse")


def print_report(content: Report, path: Path, console: Console | None = None) -> None:
    """Print a report's table; its failures are in the file at that path."""
    console = console or PlainConsole()
    console.print(_scores(content))
    console.print(f"{content.verdict.text}.", style="bold")
    console.print(
        f"{_count('held out', content.held_out)}; {content.held_out.shared_functions} functions "
        f"that training also saw are left out\n{_count('train', content.train)}\n"
        "Score: LLVM's RegAllocScore, spill cost weighted by block frequency; geometric means over "
        "functions.",
        style="dim",
        highlight=False,
    )
    for name, part in (("held out", content.held_out), ("train", content.train)):
        if part.comparisons[POLICY].weighted is not None:
            console.print(_weighted(name, part, content.names))
    if content.failures:
        kinds = ", ".join(f"{n} x {kind}" for kind, n in content.failures_by_kind.items())
        console.print(f"failed compiles: {kinds} (see failures in {path})", style="yellow")


def print_seeds(seeds: Seeds, console: Console | None = None) -> None:
    """Print the held-out scores of several seeds, and what they show together."""
    console = console or PlainConsole()
    table = _table("score ratio of the trained policy on held-out modules")
    for column in ("seed", *HELD_OUT):
        table.add_column(column, justify="right", no_wrap=True)
    for content in seeds.reports:
        found = content.held_out.comparisons[POLICY]
        signs = map(str, (found.better, found.equal, found.worse))
        table.add_row(str(content.seed), *_cells(found.score), *signs)
    table.add_row("mean", *_cells(seeds.mean), style="bold")
    console.print(table)
    console.print(seeds.text, style="bold")


def _table(title: str) -> Table:
    return Table(
        title=title,
        title_justify="left",
        box=SIMPLE_HEAD,
        collapse_padding=True,
        show_edge=False,
        pad_edge=False,
    )


def _scores(content: Report) -> Table:
    table = _table("score ratio to the default heuristic (default = 1, lower is better)")
    table.add_column("policy", no_wrap=True)
    for column in (*HELD_OUT, "train"):
        table.add_column(column, justify="right", no_wrap=True)
    table.add_column("95 % interval", justify="right", no_wrap=True)
    for policy, name in content.names.items():
        held_out, train = (part.comparisons[policy] for part in (content.held_out, content.train))
        signs = (held_out.better, held_out.equal, held_out.worse)
        table.add_row(
            name, *_cells(held_out.score), *map(str, signs), *_cells(train.score),
            style="bold" if policy == POLICY else "",
        )  # fmt: skip
    return table


def _cells(found: Estimate) -> tuple[str, str]:
    ratio, interval = found.ratio, found.interval
    return (
        "-" if ratio is None else f"{ratio:.4f}",
        f"{interval.low:.4f}-{interval.high:.4f}" if interval else "-",
    )


def _weighted(name: str, part: Part, names: Mapping[str, str]) -> str:
    """Return the ratios of totals in which a function counts as often as it was entered."""
    found = {shown: part.comparisons[policy].weighted for policy, shown in names.items()}
    ratios = ", ".join(
        f"{shown} {_join(estimate)}" for shown, estimate in found.items() if estimate is not None
    )
    return f"weighted by entry counts, {name}: {ratios} ({part.entered} functions were entered)"


def _join(found: Estimate) -> str:
    ratio, interval = _cells(found)
    return ratio if interval == "-" else f"{ratio} ({interval})"


def _count(name: str, part: Part) -> str:
    return (
        f"{name}: {part.modules} modules, {part.functions} functions with a decision, "
        f"{part.decisions} decisions"
    )
