"""From a run's content to one page that needs nothing else."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import asdict, dataclass
from importlib.resources import files
from typing import TYPE_CHECKING

from regalloc.page import plots
from regalloc.page.tables import tabulate_functions, tabulate_modules
from regalloc.report.rows import AGAIN, DEFAULT, POLICY, FunctionCost, FunctionRow
from regalloc.summary.program_ratios import describe_programs
from regalloc.summary.regressions import REGRESSIONS, find_regressions, rate
from regalloc.summary.run_summary import RunSummary
from regalloc.summary.seed_comparison import Seeds, describe_seeds

if TYPE_CHECKING:
    from jinja2 import Environment
    from markupsafe import Markup

HEADLINES = {
    "better": "Better than the default",
    "worse": "Worse than the default",
    "no difference": "No difference that can be seen",
    "unknown": "No verdict",
}
OUTCOMES = {
    "better": "better than the default",
    "worse": "worse than the default",
    "no difference": "no difference that can be seen",
    "unknown": "too few programs to tell",
}
CURVES = {
    "ratio": "score / default's score",
    "entropy": "entropy of the policy, nats",
    "kl": "KL from the policy before",
    "loss": "loss",
    "clip_fraction": "share of clipped importance ratios",
}
"""Scalars of the journal that are drawn, with the rewards, and their titles."""


SECTIONS = {
    "result": "result",
    "learning": "learning",
    "scores": "scores",
    "programs": "programs",
    "regressions": "regressions",
    "modules": "modules",
    "functions": "functions",
    "failures": "failures",
    "time": "time",
    "identity": "identity",
}


@dataclass(frozen=True)
class Regression:
    """A function that the trained policy made worse.

    Attributes:
        row: the function.
        ratio: its score over the default's.
        command: how to see it, where the module is still there.
    """

    row: FunctionRow
    ratio: float
    command: str | None

    @property
    def default(self) -> FunctionCost:
        """Return what the default heuristic left."""
        return self.row.costs[DEFAULT]

    @property
    def policy(self) -> FunctionCost:
        """Return what the trained policy left."""
        return self.row.costs[POLICY]


def render(content: RunSummary) -> str:
    """Return a run's page; equal content gives equal bytes."""
    report = content.report
    tables = [asdict(make(report)) for make in (tabulate_modules, tabulate_functions)]
    curves = list(_draw_curves(content))
    dynamic = describe_programs(content.programs) if content.programs else None
    skipped = {name for name, shown in (("learning", curves), ("programs", dynamic)) if not shown}
    return (
        _environment()
        .get_template("report.html")
        .render(
            title=content.title,
            content=content,
            report=report,
            outcome=report.verdict.outcome,
            headline=HEADLINES[report.verdict.outcome],
            sentence=f"{report.verdict.text}.",
            sections=[pair for pair in SECTIONS.items() if pair[0] not in skipped],
            parts=(("Held-out modules", report.held_out), ("Training modules", report.train)),
            figures={**report.names, AGAIN: "default again"},
            curves=curves,
            dynamic=dynamic,
            outcomes=OUTCOMES,
            plots={
                "ratios": plots.draw_ratios(report.held_out),
                "distribution": plots.draw_distribution(report.held_out),
                "sizes": plots.draw_sizes(report.held_out),
            },
            regressions=_find_regressions(content),
            tables=tables,
            style=_own("report.css"),
            script=_own("tables.js"),
        )
    )


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
            sentence=describe_seeds(seeds),
            policy=POLICY,
            style=_own("report.css"),
        )
    )


def _own(name: str) -> Markup:
    """Return a file of ours, which is no text to be escaped."""
    from markupsafe import Markup

    return Markup((files(__package__) / "template" / name).read_text(encoding="utf-8"))


def _find_regressions(content: RunSummary) -> list[Regression]:
    return [
        Regression(row, rate(row, POLICY) or 1.0, content.commands.get((row.module, row.function)))
        for row in find_regressions(content.report.held_out, REGRESSIONS)
    ]


def _draw_curves(content: RunSummary) -> Iterator[str]:
    curves = content.curves
    for name, title in CURVES.items():
        # One round makes no curve.
        if len(curves.get(name, ())) > 1:
            yield plots.draw_curve(curves, name, title, 1.0 if name == "ratio" else None)
            if name == "ratio" and "reward/p50" in curves:
                yield plots.draw_rewards(curves)


def _environment() -> Environment:
    # Imported here: only a page needs to wait for it.
    from jinja2 import Environment, PackageLoader, StrictUndefined

    environment = Environment(
        loader=PackageLoader("regalloc.page", "template"),
        # Names of C++ functions are full of what HTML takes for tags.
        autoescape=True,
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
