"""What the page draws of programs: the gain of each, and what a number of draws gains and costs."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

from regalloc.page.figure import COLORS, INK, draw
from regalloc.report.report import Estimate
from regalloc.report.rows import POLICY
from regalloc.summary.variant_gains import Curve, Group, Picture

if TYPE_CHECKING:
    from matplotlib.axes import Axes

ROW_IN = 0.17
"""Height of a program's row."""
MARGIN_IN = 0.95
"""Height of all that is no row."""


def draw_groups(groups: Sequence[Group]) -> list[list[str]]:
    """Draw the programs of each group, variant by variant, and then its curves."""
    return [
        [
            *(draw_picture(picture, f"gain-{place}") for picture in group.pictures),
            *(draw_curve(curve, f"draws-{place}") for curve in group.curves),
        ]
        for place, group in enumerate(groups)
    ]


def draw_picture(picture: Picture, prefix: str) -> str:
    """Draw a dot for each program, a line over its workloads, and the mean with its interval.

    Args:
        picture: what is drawn.
        prefix: of the drawing's name on the page.
    """
    variant, spans = picture.gain.variant, picture.spans
    mean = picture.memory.estimate

    def plot(axes: Axes) -> None:
        color = COLORS[POLICY]
        places = range(len(spans), 0, -1)
        if mean.interval:
            axes.axvspan(
                mean.interval.low, mean.interval.high, color=color, alpha=0.18, linewidth=0
            )
        axes.axvline(1, color=INK, linewidth=0.9)
        for place, span in zip(places, spans, strict=True):
            axes.plot((span.low, span.high), (place, place), color=color, linewidth=1.2)
            axes.plot(span.ratio, place, "o", color=color, markersize=4)
        _plot_mean(axes, mean)
        axes.set_yticks([*places, 0], [*(span.program for span in spans), "mean"])
        axes.set_ylim(-0.8, len(spans) + 0.8)
        axes.tick_params(axis="y", length=0, labelsize=7)
        axes.grid(axis="y", visible=False)
        axes.set_xlabel(f"loads + stores / {variant.base}'s")
        axes.set_title(variant.name)

    label = f"Loads and stores of each program, {variant.name} over {variant.base}"
    height = MARGIN_IN + ROW_IN * (len(spans) + 1)
    return draw(f"{prefix}-{variant.name}", label, plot, height_in=height)


def draw_curve(curve: Curve, prefix: str) -> str:
    """Draw loads and stores against the time of compiles, a point for each number of draws.

    Args:
        curve: what is drawn.
        prefix: of the drawing's name on the page.
    """
    timed = [point for point in curve.points if point.compile and point.compile.ratio]

    def plot(axes: Axes) -> None:
        color = COLORS[POLICY]
        axes.axhline(1, color=INK, linewidth=0.9)
        places = [point.compile.ratio for point in timed if point.compile and point.compile.ratio]
        memory = [point.memory.ratio or 1.0 for point in timed]
        axes.plot(places, memory, "-o", color=color)
        for place, point in zip(places, timed, strict=True):
            if point.memory.interval:
                ends = (point.memory.interval.low, point.memory.interval.high)
                axes.plot((place, place), ends, color=color, linewidth=0.8)
            axes.annotate(
                str(point.draws), (place, point.memory.ratio or 1.0), textcoords="offset points",
                xytext=(4, 4), color=INK, fontsize=7,
            )  # fmt: skip
        axes.set_xlabel(f"processor time of compiles / {curve.base}'s")
        axes.set_title("loads + stores, by number of draws")

    label = f"Loads and stores against compile time over {curve.base}, by number of draws"
    return draw(f"{prefix}-{curve.base}", label, plot)


def _plot_mean(axes: Axes, mean: Estimate) -> None:
    if mean.ratio is None:
        return
    if mean.interval:
        axes.plot((mean.interval.low, mean.interval.high), (0, 0), color=INK, linewidth=1.6)
    axes.plot(mean.ratio, 0, "D", color=INK, markersize=4)
