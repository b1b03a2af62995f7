"""Tables of functions and modules, as data that the page's own script shows, sorts and searches."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from typing import Literal

from regalloc.report.programs_result import (
    ProgramResult,
    ProgramsResult,
    ProgramTimes,
    Variant,
)
from regalloc.report.report import Report
from regalloc.report.rows import DEFAULT, NAMES, POLICY, FunctionRow, ModuleRow
from regalloc.summary.program_ratios import (
    COUNTED,
    MEMORY,
    count_ratios,
    text_ratio,
    wall_ratios,
)
from regalloc.summary.regressions import rate
from regalloc.summary.variant_gains import CODE, ELAPSED

Kind = Literal["text", "name", "path", "count", "change", "score", "ratio", "seconds"]
"""How a column is written and aligned; the script knows the same names."""

Cell = str | int | float | None
PARTS = {"held_out": "held out", "train": "train"}


@dataclass(frozen=True)
class Column:
    """One column.

    Attributes:
        title: its head.
        kind: how its cells are written.
        hint: what it means, where the head does not say.
    """

    title: str
    kind: Kind
    hint: str = ""


@dataclass(frozen=True)
class PageTable:
    """A table.

    Attributes:
        name: unique on the page.
        columns: from left to right.
        rows: cells in the order of the columns, None where there is nothing.
        order: column that the rows are sorted by at first, and whether the largest comes first.
    """

    name: str
    columns: tuple[Column, ...]
    rows: tuple[tuple[Cell, ...], ...]
    order: tuple[int, bool]


def tabulate_functions(report: Report) -> PageTable:
    """Return every function that was compared, the worst of the trained policy's first."""
    columns = (
        Column("function", "name"),
        Column("module", "path"),
        Column("part", "text"),
        Column("decisions", "count", "evictions that the default heuristic decided"),
        Column("default", "score", "the default heuristic's score"),
        *(Column(title, "ratio", "score over the default's") for title in report.names.values()),
        Column("spills", "count", "stores to stack slots under the default heuristic"),
        *(Column(f"Δ {what}", "change", f"trained less default: {what}") for what in _COUNTS),
    )
    rows = tuple(_describe_function(row, part, report.names) for part, row in _functions(report))
    if report.held_out.entered is None:
        return PageTable("functions", columns, rows, _worst_first(columns))
    entries = Column("entries", "count", "how often it was entered in the corpus's profile")
    counted = (
        (*cells, row.entries) for cells, (_, row) in zip(rows, _functions(report), strict=True)
    )
    return PageTable("functions", (*columns, entries), tuple(counted), _worst_first(columns))


def tabulate_modules(report: Report) -> PageTable:
    """Return every module that compiled, the worst of the trained policy's first."""
    columns = (
        Column("module", "path"),
        Column("part", "text"),
        Column("functions", "count", "functions that are compared"),
        *(
            Column(title, "ratio", "geometric mean over functions")
            for title in report.names.values()
        ),
        Column(".text", "count", "bytes of machine code under the default heuristic"),
        Column("Δ .text", "change", "trained less default, in bytes"),
        *(Column(f"Δ {what}", "change", f"trained less default: {what}") for what in _COUNTS),
        Column("compile", "seconds", "processor seconds under the default heuristic"),
        Column("ratio", "ratio", "compile time with the trained policy over the default's"),
    )
    rows = tuple(_describe_module(row, part, report) for part, row in _modules(report))
    return PageTable("modules", columns, rows, _worst_first(columns))


def _worst_first(columns: Sequence[Column]) -> tuple[int, bool]:
    return [column.title for column in columns].index(NAMES[POLICY]), True


def tabulate_workloads(content: ProgramsResult) -> PageTable:
    """Return every workload of every build that is compared, the most loads and stores first."""
    columns = (
        Column("program", "name"),
        Column("workload", "name"),
        Column("variant", "text"),
        Column("over", "text", "the variant that the ratios are taken over"),
        Column("kind", "text"),
        *(Column(name, "ratio", "over the base's") for name in (*COUNTED, CODE, ELAPSED)),
    )
    rows = tuple(
        (program.name, workload, variant.name, variant.base, program.kind, *cells)
        for program in content.programs
        for variant in content.variants
        if variant.base
        for workload, cells in _describe_workloads(program, variant, content.times).items()
    )
    place = [column.title for column in columns].index(MEMORY)
    return PageTable("workloads", columns, rows, (place, True))


def _describe_workloads(
    program: ProgramResult, variant: Variant, times: ProgramTimes
) -> dict[str, tuple[Cell, ...]]:
    counted = {name: count_ratios(program, variant, name) for name in COUNTED}
    text, wall = text_ratio(program, variant), wall_ratios(program, variant, times)
    return {
        workload: (
            *(_round(counted[name][workload]) for name in COUNTED),
            _round(text),
            _round(wall.get(workload)),
        )
        for workload in counted[MEMORY]
    }


_COUNTS = ("spills", "reloads", "copies")


def _functions(report: Report) -> Iterator[tuple[str, FunctionRow]]:
    for part, name in PARTS.items():
        yield from ((name, row) for row in getattr(report, part).function_rows)


def _modules(report: Report) -> Iterator[tuple[str, ModuleRow]]:
    for part, name in PARTS.items():
        yield from ((name, row) for row in getattr(report, part).module_rows)


def _describe_function(row: FunctionRow, part: str, names: Iterable[str]) -> tuple[Cell, ...]:
    default, policy = row.costs[DEFAULT], row.costs.get(POLICY)
    number = f" #{row.namesake + 1}" if row.namesake else ""
    return (
        row.title + number,
        row.module,
        part,
        default.decisions,
        default.score,
        *(rate(row, name) for name in names),
        default.spills,
        *((getattr(policy, what) - getattr(default, what)) if policy else None for what in _COUNTS),
    )


def _describe_module(row: ModuleRow, part: str, report: Report) -> tuple[Cell, ...]:
    seconds = report.times.compile_user_s
    default = row.codes[DEFAULT]
    policy = row.codes.get(POLICY, default)
    before, after = (seconds.get(name, {}).get(row.module) for name in (DEFAULT, POLICY))
    return (
        row.module,
        part,
        row.functions,
        *(_round(row.ratios.get(name)) for name in report.names),
        default.text_bytes,
        policy.text_bytes - default.text_bytes,
        *(getattr(policy, what) - getattr(default, what) for what in _COUNTS),
        before,
        round(after / before, 3) if before and after is not None else None,
    )


def _round(ratio: float | None) -> float | None:
    return None if ratio is None else round(ratio, 5)
