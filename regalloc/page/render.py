"""From a run's content to one page that needs nothing else."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import asdict
from importlib.resources import files
from typing import TYPE_CHECKING

from regalloc.page.plots import draw_curves, draw_scores
from regalloc.page.program_plots import draw_groups
from regalloc.page.tables import tabulate_functions, tabulate_modules, tabulate_workloads
from regalloc.report.programs_result import ENDED_WELL
from regalloc.report.report import Report
from regalloc.report.rows import AGAIN, POLICY
from regalloc.summary.program_ratios import MEMORY
from regalloc.summary.regressions import describe_regressions
from regalloc.summary.run_summary import RunSummary
from regalloc.summary.seed_comparison import Seeds
from regalloc.summary.variant_gains import DIGITS, FIGURES, Group, group_programs
from regalloc.text import printable

if TYPE_CHECKING:
    from jinja2 import Environment
    from markupsafe import Markup

HEADLINES = {
    "better": "Better than the default",
    "worse": "Worse than the default",
    "no difference": "No difference that can be seen",
    "unknown": "No verdict",
}
PROGRAM_HEADLINES = {
    "better": "Programs execute fewer loads and stores",
    "worse": "Programs execute more loads and stores",
    "no difference": "No difference in programs that can be seen",
    "unknown": "Too few programs for a verdict",
}
"""Where programs were measured, they are what a reader is told first."""
OUTCOMES = {
    "better": "better",
    "worse": "worse",
    "no difference": "no difference",
    "unknown": "too few programs",
}
SECTIONS = {
    "programs": "programs",
    "result": "result",
    "learning": "learning",
    "scores": "scores",
    "regressions": "regressions",
    "modules": "modules",
    "functions": "functions",
    "failures": "failures",
    "time": "time",
    "identity": "identity",
}


def render(content: RunSummary) -> str:
    """Return a run's page; equal content gives equal bytes."""
    report = content.report
    programs = content.programs
    groups = group_programs(programs) if programs else ()
    regressions = describe_regressions(report.held_out, content.commands)
    tables = [asdict(make(report)) for make in (tabulate_modules, tabulate_functions)]
    curves = draw_curves(content.curves)
    skipped = {name for name, shown in (("learning", curves), ("programs", programs)) if not shown}
    return (
        _environment()
        .get_template("report.html")
        .render(
            title=content.title,
            content=content,
            report=report,
            **_head(report, groups),
            sections=[pair for pair in SECTIONS.items() if pair[0] not in skipped],
            parts=(("Held-out modules", report.held_out), ("Training modules", report.train)),
            figures={**report.names, AGAIN: "default again"},
            curves=curves,
            programs=programs,
            groups=list(zip(groups, draw_groups(groups), strict=True)),
            memory=MEMORY,
            gain_figures=[name for name in FIGURES if name != MEMORY],
            digits=DIGITS,
            # What has no base follows from what became of that.
            untold=(*ENDED_WELL, "no base"),
            workloads=asdict(tabulate_workloads(programs)) if programs else None,
            outcomes=OUTCOMES,
            plots=draw_scores(report.held_out),
            regressions=regressions,
            tables=tables,
            style=_own("report.css"),
            script=_own("tables.js"),
        )
    )


def _head(report: Report, groups: Sequence[Group]) -> dict[str, str]:
    """Return what the page says first: of programs if there are any, and of scores."""
    of_scores = f"{report.verdict.text}."
    pictures = next((group.pictures for group in groups if group.pictures), ())
    if not pictures:
        outcome = report.verdict.outcome
        return {"outcome": outcome, "headline": HEADLINES[outcome], "sentence": of_scores}
    outcome = pictures[0].memory.outcome
    sentences = [f"{picture.gain.verdict}." for picture in pictures]
    return {
        "outcome": outcome,
        "headline": PROGRAM_HEADLINES[outcome],
        "sentence": " ".join([*sentences, f"{of_scores[0].upper()}{of_scores[1:]}"]),
    }


def render_seeds(title: str, seeds: Seeds, links: Sequence[str]) -> str:
    """Return the page of several seeds.

    Args:
        title: name of the run they belong to.
        seeds: what they show together.
        links: where each seed's own page lies.
    """
    return (
        _environment()
        .get_template("seeds.html")
        .render(
            title=title,
            seeds=seeds,
            links=links,
            outcome=seeds.outcome,
            headline=HEADLINES[seeds.outcome],
            sentence=seeds.text,
            policy=POLICY,
            style=_own("report.css"),
        )
    )


def _own(name: str) -> Markup:
    """Return a file of ours, which is no text to be escaped."""
    from markupsafe import Markup

    return Markup((files(__package__) / "template" / name).read_text(encoding="utf-8"))


def _environment() -> Environment:
    # Imported here: only a page needs to wait for it.
    from jinja2 import Environment, PackageLoader, StrictUndefined

    environment = Environment(
        loader=PackageLoader("regalloc.page", "template"),
        # Names of C++ functions are full of what HTML takes for tags.
        autoescape=True,
        finalize=lambda value: printable(value) if type(value) is str else value,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    environment.filters["number"] = lambda value, digits: f"{value:,.{digits}f}"
    environment.filters["duration"] = _write_duration
    return environment


def _write_duration(seconds: float) -> str:
    minutes, rest = divmod(round(seconds), 60)
    return f"{minutes} min {rest:02d} s" if minutes else f"{seconds:.1f} s"
