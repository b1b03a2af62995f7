"""The programs' results as tables: program by program, and over all of them."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

from rich.box import SIMPLE_HEAD
from rich.console import Console
from rich.table import Table

from regalloc.console import PlainConsole
from regalloc.report.programs_result import ENDED_WELL, ProgramResult, ProgramsResult
from regalloc.report.report import Estimate
from regalloc.summary.program_ratios import MEMORY
from regalloc.summary.variant_gains import (
    COMPILE,
    DIGITS,
    Curve,
    Extreme,
    Figure,
    Gain,
    Group,
    Picture,
    Span,
    group_programs,
)


def print_programs(content: ProgramsResult, path: Path, console: Console | None = None) -> None:
    """Print the results as tables, what they show in words, and where they lie."""
    console = console or PlainConsole()
    for group in group_programs(content):
        _say(console, f"{group.title}, loads and stores (base = 1, less is better)")
        console.print(programs_table(group))
        _say(console, "every variant over its base, geometric means over programs")
        console.print(variants_table(group))
        for gain in group.gains:
            _say(console, f"{gain.verdict}.")
        for picture in group.pictures:
            variant = picture.gain.variant
            # A table's own title is no wider than the table.
            _say(console, f"{variant.name} over {variant.base}")
            console.print(figures_table(picture.gain))
        for curve in group.curves:
            _say(console, f"draws over {curve.base}")
            console.print(curve_table(curve))
    for line in _list_failures(content):
        _say(console, line)
    console.print(f"results: {path}", soft_wrap=True)


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
    """Return a row for each variant: what is judged, and what it costs."""
    table = _make_table(padding=(0, 1, 0, 0))
    for name in ("variant", "over"):
        table.add_column(name, no_wrap=True)
    for name in ("loads +\nstores", "95 %\ninterval", "instruc-\ntions", COMPILE):
        table.add_column(name, justify="right", no_wrap=True)
    for gain in group.gains:
        memory, *others = (gain.figures.get(name) for name in (MEMORY, "instructions", COMPILE))
        table.add_row(
            gain.variant.name,
            gain.variant.base,
            *(_write_mean(memory), _write_interval(memory.estimate) if memory else ""),
            *(_write_mean(figure) for figure in others),
        )
    return table


def figures_table(gain: Gain) -> Table:
    """Return a row for each figure of a variant over its base."""
    table = _make_table()
    table.add_column("figure", no_wrap=True)
    for name in ("mean", "95 % interval"):
        table.add_column(name, justify="right", no_wrap=True)
    for name in ("worst program", "worst workload"):
        table.add_column(name)
    for figure in gain.figures.values():
        table.add_row(*_describe_figure(figure))
    return table


def curve_table(curve: Curve) -> Table:
    """Return a row for each number of draws."""
    table = _make_table()
    for name in ("draws", MEMORY, "95 % interval", COMPILE):
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


def _make_table(padding: tuple[int, int, int, int] = (0, 1, 0, 1)) -> Table:
    return Table(box=SIMPLE_HEAD, show_edge=False, pad_edge=False, padding=padding)


def _describe(program: ProgramResult, picture: Picture, span: Span | None) -> tuple[str, str]:
    if span:
        return f"{span.ratio:.4f}", f"{span.low:.4f}-{span.high:.4f}"
    build = program.builds.get(picture.gain.variant.name)
    return build.outcome if build else program.outcome, ""


def _describe_figure(figure: Figure) -> tuple[str, ...]:
    digits = DIGITS.get(figure.name, 4)
    return (
        figure.name,
        _write(figure.estimate.ratio, digits),
        _write_interval(figure.estimate, digits),
        _write_extreme(figure.worst_program, digits),
        _write_extreme(figure.worst_workload, digits),
    )


def _write_mean(figure: Figure | None) -> str:
    return _write(figure.estimate.ratio, DIGITS.get(figure.name, 4)) if figure else ""


def _write(ratio: float | None, digits: int = 4) -> str:
    return "" if ratio is None else f"{ratio:.{digits}f}"


def _write_interval(estimate: Estimate, digits: int = 4) -> str:
    found = estimate.interval
    return f"{found.low:.{digits}f}-{found.high:.{digits}f}" if found else "open"


def _write_extreme(extreme: Extreme | None, digits: int) -> str:
    return f"{extreme.ratio:.{digits}f} {extreme.name}" if extreme else ""


def _list_failures(content: ProgramsResult) -> Iterator[str]:
    """Yield a line for each build that failed by itself, and not for want of its base."""
    for program in content.programs:
        if program.outcome != "ok":
            yield f"{program.name}: {program.outcome}"
        for name, build in program.builds.items():
            if build.outcome not in (*ENDED_WELL, "no base"):
                why = build.details.partition("\n")[0]
                yield f"{program.name}, {name}: {build.outcome}; {why}"


def _say(console: Console, text: str) -> None:
    console.print(text)
