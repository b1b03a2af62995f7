"""Figures as SVG that takes its colours and its font from the page around it.

They are drawn at about the width of a phone, so that text stays legible when they are scaled.
Policies differ in colour (Okabe and Ito's, told apart by the colour-blind) and in line or marker,
so that grey paper shows them as well.
"""

from __future__ import annotations

import io
import re
from collections.abc import Callable, Mapping, Sequence
from typing import TYPE_CHECKING, Any

import numpy as np

from regalloc.page.journal import Curves
from regalloc.report.ratios import log_ratio
from regalloc.report.report import Part
from regalloc.report.rows import DEFAULT, NAMES, POLICY

if TYPE_CHECKING:
    from matplotlib.axes import Axes

INK, GRID = "#101112", "#d0d1d2"
COLORS = {"random": "#777879", "warmstart": "#d55e01", POLICY: "#0072b3"}
LINES = {"random": ":", "warmstart": "--", POLICY: "-"}
MARKERS = {"random": "s", "warmstart": "^", POLICY: "o"}
VARIABLES = {
    INK: "var(--ink)",
    GRID: "var(--rule)",
    **{color: f"var(--{name})" for name, color in COLORS.items()},
}
"""What the page's style sheet decides: each colour here stands for one of its variables."""

_REPEATED = {
    re.compile(r"<metadata>.*?</metadata>\s*", re.DOTALL): "",
    re.compile(r"<defs>\s*<style.*?</style>\s*</defs>\s*", re.DOTALL): "",
    re.compile(r'(?<=<g) id="[^"]*"'): "",
    re.compile(r'(?<=<svg)(.*?) width="[0-9.]+pt" height="[0-9.]+pt"'): r"\1",
    re.compile(r"font-family: [^;\"]*;? ?"): "",
}
"""What each figure says again, and what is left of it: the page has one style, ids are unique."""

WIDTH_IN, HEIGHT_IN = 3.6, 2.4
CLIP = 1.25
"""Ratios beyond are drawn at the edge: a few outliers must not hide where the others lie."""

_STYLE: dict[Any, Any] = {
    "axes.edgecolor": GRID,
    "axes.formatter.limits": (-6, 6),
    "axes.grid": True,
    "axes.labelcolor": INK,
    "axes.labelsize": 8,
    "axes.linewidth": 0.8,
    "axes.spines.right": False,
    "axes.spines.top": False,
    "axes.titlecolor": INK,
    "axes.titlelocation": "left",
    "axes.titlesize": 8.5,
    "axes.titleweight": "bold",
    "font.size": 8,
    "grid.color": GRID,
    "grid.linewidth": 0.5,
    "legend.fontsize": 8,
    "legend.frameon": False,
    "legend.labelcolor": INK,
    "lines.linewidth": 1.4,
    "lines.markersize": 4,
    "svg.fonttype": "none",
    "text.color": INK,
    "xtick.color": INK,
    "ytick.color": INK,
}


def draw(name: str, label: str, plot: Callable[[Axes], None]) -> str:
    """Return a figure as an SVG element; equal input gives equal bytes.

    Args:
        name: unique on the page; decides the ids inside.
        label: what a reader who cannot see it is told.
        plot: draws on the axes.
    """
    # Takes half a second, which only a page needs to wait for.
    import matplotlib as mpl
    from matplotlib.figure import Figure

    with mpl.rc_context({**_STYLE, "svg.hashsalt": name}):
        figure = Figure(figsize=(WIDTH_IN, HEIGHT_IN), layout="constrained")
        axes = figure.subplots()
        axes.set_axisbelow(True)
        plot(axes)
        buffer = io.StringIO()
        figure.savefig(buffer, format="svg", transparent=True, metadata={"Date": None})
    return _embed(buffer.getvalue(), label)


def draw_ratios(part: Part) -> str:
    """Draw each policy's score ratio with its interval."""
    names = list(reversed(NAMES))

    def plot(axes: Axes) -> None:
        axes.axvline(1, color=INK, linewidth=0.9)
        for place, name in enumerate(names):
            score = part.comparisons[name].score
            if score.ratio is None:
                continue
            if score.interval:
                ends = (score.interval.low, score.interval.high)
                axes.plot(ends, (place, place), color=COLORS[name], linewidth=2.2)
            axes.plot(score.ratio, place, MARKERS[name], color=COLORS[name], markersize=6)
        axes.set_yticks(range(len(names)), [NAMES[name] for name in names])
        axes.set_ylim(-0.6, len(names) - 0.4)
        axes.tick_params(axis="y", length=0)
        axes.grid(axis="y", visible=False)
        axes.set_xlabel("score / default's score")
        axes.set_title("geometric mean, 95 % interval")

    return draw("ratios", "Score ratios with their intervals", plot)


def draw_distribution(part: Part) -> str:
    """Draw which share of the functions lies below each score ratio."""

    def plot(axes: Axes) -> None:
        axes.axvline(1, color=INK, linewidth=0.9)
        for name in NAMES:
            ratios = np.sort(np.clip(_ratios(part, name), 1 / CLIP, CLIP))
            shares = np.arange(1, len(ratios) + 1) / max(1, len(ratios))
            axes.step(
                ratios, shares, where="post", color=COLORS[name], linestyle=LINES[name],
                label=NAMES[name],
            )  # fmt: skip
        axes.set_xscale("log")
        axes.set_xlim(1 / CLIP, CLIP)
        ticks = (0.8, 0.9, 1.0, 1.1, 1.2)
        axes.set_xticks(ticks, [f"{tick:.1f}" for tick in ticks])
        axes.minorticks_off()
        axes.set_ylim(0, 1)
        axes.set_xlabel("score / default's score")
        axes.set_title("share of functions at or below")
        axes.legend(loc="upper left", handlelength=2.4)

    return draw("distribution", "Distribution of score ratios over functions", plot)


def draw_sizes(part: Part) -> str:
    """Draw each function's score ratio against its default score."""

    def plot(axes: Axes) -> None:
        rows = [row for row in part.function_rows if POLICY in row.costs]
        points = [
            (row.costs[DEFAULT].score, np.exp(log))
            for row in rows
            if row.costs[DEFAULT].score > 0
            and (log := log_ratio(row.costs[DEFAULT].score, row.costs[POLICY].score)) is not None
        ]
        axes.axhline(1, color=INK, linewidth=0.9)
        if points:
            scores, ratios = np.array(points).T
            axes.plot(
                scores, np.clip(ratios, 1 / CLIP, CLIP), "o", color=COLORS[POLICY], alpha=0.45,
                markersize=3, markeredgewidth=0,
            )  # fmt: skip
        axes.set_xscale("log")
        axes.set_ylim(1 / CLIP - 0.02, CLIP + 0.02)
        axes.set_xlabel("default's score (log scale)")
        axes.set_title("trained: score / default's score")

    return draw("sizes", "Score ratio of the trained policy against the default's score", plot)


def draw_curve(curves: Curves, name: str, title: str, reference: float | None = None) -> str:
    """Draw one scalar of training by round, and the value it is to be compared with."""

    def plot(axes: Axes) -> None:
        _plot_curve(axes, curves[name])
        if reference is not None:
            axes.axhline(reference, color=INK, linewidth=0.9)
        axes.set_title(title)

    return draw(f"curve-{name}", f"{title} by round", plot)


def draw_rewards(curves: Curves) -> str:
    """Draw the middle of the rewards by round, and where nine in ten of them lie."""

    def plot(axes: Axes) -> None:
        low, middle, high = (curves[f"reward/p{percent}"] for percent in (5, 50, 95))
        rounds = sorted(middle)
        axes.fill_between(
            rounds, [low[i] for i in rounds], [high[i] for i in rounds],
            color=COLORS[POLICY], alpha=0.18, linewidth=0,
        )  # fmt: skip
        _plot_curve(axes, middle)
        axes.axhline(0, color=INK, linewidth=0.9)
        axes.set_title("reward: median, 5 to 95 %")

    return draw("rewards", "Rewards by round", plot)


def _plot_curve(axes: Axes, values: Mapping[int, float]) -> None:
    from matplotlib.ticker import MaxNLocator

    rounds = sorted(values)
    marker = "o" if len(rounds) < 40 else ""
    axes.plot(rounds, [values[i] for i in rounds], marker=marker, color=COLORS[POLICY])
    axes.xaxis.set_major_locator(MaxNLocator(integer=True, nbins=6))
    axes.set_xlabel("round")


def _ratios(part: Part, policy: str) -> Sequence[float]:
    logs = (
        log_ratio(row.costs[DEFAULT].score, row.costs[policy].score)
        for row in part.function_rows
        if policy in row.costs
    )
    return [float(np.exp(log)) for log in logs if log is not None]


def _embed(svg: str, label: str) -> str:
    """Return the SVG element alone, in the page's colours and without what repeats on the page."""
    element = svg[svg.index("<svg") :]
    for repeated, kept in _REPEATED.items():
        element = repeated.sub(kept, element)
    for color, variable in VARIABLES.items():
        element = element.replace(color, variable)
    return element.replace("<svg", f'<svg role="img" aria-label="{label}"', 1)
