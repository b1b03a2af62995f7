"""The programs' results as tables: program by program, and over all of them."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from itertools import zip_longest
from pathlib import Path

from rich.box import SIMPLE_HEAD
from rich.console import Console
from rich.table import Table

from regalloc.report.interval import Outcome
from regalloc.report.programs_result import ENDED_WELL, ProgramResult, ProgramsResult
from regalloc.report.report import Estimate
from regalloc.summary.program_ratios import MEMORY
from regalloc.summary.variant_gains import (
    COMPILE,
    ELAPSED,
    Curve,
    Extreme,
    Figure,
    Group,
    Picture,
    Span,
    group_programs,
)

HEADS = {MEMORY: "loads+stores", ELAPSED: "elapsed"}
"""What is written shorter than by its own name."""
SHOWS: Mapping[Outcome, str] = {
    "better": "better",
    "worse": "worse",
    "no difference": "no difference",
    "unknown": "too few",
}
"""Outcomes, as a narrow column has them."""
DIGITS = {COMPILE: 2, ELAPSED: 3}
"""Of what repeats to fewer than four digits."""


def print_programs(content: ProgramsResult, path: Path, console: Console | None = None) -> None:
    """Print the results as tables, what they show in words, and where they lie."""
    console = console or Console()
    groups = group_programs(content)
    for group in groups:
        titled = (
            ("loads and stores over the base's, less is better", programs_table(group)),
            ("geometric means over programs, 95 % intervals", variants_table(group)),
            *((f"draws of the policy over {c.base}", curve_table(c)) for c in group.curves),
        )
        for title, table in titled:
            # A table's own title is no wider than the table.
            console.print(f"{group.title}: {title}", style="italic", highlight=False)
            console.print(table)
        for gain in group.gains:
            console.print(f"{gain.verdict}.", markup=False, highlight=False)
    for line in _list_failures(content):
        console.print(line, markup=False, highlight=False)
    console.print(f"results: {path}", markup=False, soft_wrap=True, highlight=False)


def programs_table(group: Group) -> Table:
    """Return a row for each program, with its workloads' best and worst, of what users get."""
    table = _make_table()
    table.add_column("program", no_wrap=True)
    for picture in group.pictures:
        variant = picture.gain.variant
        table.add_column(f"{variant.name}\n/ {variant.base}", justify="right", no_wrap=True)
        table.add_column("workloads", justify="right", no_wrap=True)
    spans = [{span.program: span for span in picture.spans} for picture in group.pictures]
    for program in group.programs:
        cells = (
            cell
            for picture, known in zip(group.pictures, spans, strict=True)
            for cell in _describe(program, picture, known.get(program.name))
        )
        table.add_row(program.name, *cells)
    return table


def variants_table(group: Group) -> Table:
    """Return the rows of each variant: every figure over all programs."""
    table = _make_table()
    table.add_column("variant", no_wrap=True)
    table.add_column("figure", no_wrap=True)
    for name in ("mean", "95 % interval"):
        table.add_column(name, justify="right", no_wrap=True)
    for name in ("shows", "worst program", "worst workload"):
        table.add_column(name)
    for gain in group.gains:
        heads = [gain.variant.name, f"/ {gain.variant.base}", f"{gain.programs} programs"]
        for head, figure in zip_longest(heads, gain.figures.values()):
            table.add_row(head or "", *(_describe_figure(figure) if figure else ()))
        table.add_section()
    return table


def curve_table(curve: Curve) -> Table:
    """Return a row for each number of draws."""
    table = _make_table()
    for name in ("draws", HEADS[MEMORY], "95 % interval", COMPILE):
        table.add_column(name, justify="right", no_wrap=True)
    for point in curve.points:
        seconds = point.compile.ratio if point.compile else None
        table.add_row(
            str(point.draws),
            _write(point.memory.ratio),
            _write_interval(point.memory),
            _write(seconds, DIGITS[COMPILE]),
        )
    return table


def _make_table() -> Table:
    return Table(box=SIMPLE_HEAD, show_edge=False, pad_edge=False)


def _describe(program: ProgramResult, picture: Picture, span: Span | None) -> tuple[str, str]:
    if span:
        return f"{span.ratio:.4f}", f"{span.low:.4f}-{span.high:.4f}"
    build = program.builds.get(picture.gain.variant.name)
    return build.outcome if build else program.outcome, ""


def _describe_figure(figure: Figure) -> tuple[str, ...]:
    digits = DIGITS.get(figure.name, 4)
    return (
        HEADS.get(figure.name, figure.name),
        _write(figure.estimate.ratio, digits),
        _write_interval(figure.estimate, digits),
        SHOWS[figure.outcome],
        _write_extreme(figure.worst_program, digits),
        _write_extreme(figure.worst_workload, digits),
    )


def _write(ratio: float | None, digits: int = 4) -> str:
    return "" if ratio is None else f"{ratio:.{digits}f}"


def _write_interval(estimate: Estimate, digits: int = 4) -> str:
    found = estimate.interval
    return f"{found.low:.{digits}f}-{found.high:.{digits}f}" if found else "open"


def _write_extreme(extreme: Extreme | None, digits: int) -> str:
    return f"{extreme.ratio:.{digits}f} {extreme.name}" if extreme else ""


def _list_failures(content: ProgramsResult) -> Iterator[str]:
    for program in content.programs:
        if program.outcome != "ok":
            yield f"{program.name}: {program.outcome}"
        for name, build in program.builds.items():
            if build.outcome not in ENDED_WELL:
                yield f"{program.name}, {name}: {build.outcome}: {_first_line(build.details)}"


def _first_line(text: str) -> str:
    return text.partition("\n")[0]
