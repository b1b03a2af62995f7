"""What the page draws of a run."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING

import numpy as np

from regalloc.page.figure import COLORS, INK, LINES, MARKERS, draw
from regalloc.report.ratios import log_ratio
from regalloc.report.report import Part
from regalloc.report.rows import DEFAULT, NAMES, POLICY
from regalloc.summary.event_files import Curves

if TYPE_CHECKING:
    from matplotlib.axes import Axes

CLIP = 1.25
"""Ratios beyond are drawn at the edge: a few outliers must not hide where the others lie."""


def draw_ratios(part: Part) -> str:
    """Draw each policy's score ratio with its interval."""
    names = [name for name in reversed(NAMES) if name in part.comparisons]

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
        for name in (name for name in NAMES if name in part.comparisons):
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
    """Draw the middle of the rewards by round, and where nine in ten of them lie.

    The last round has one rollout of each function.  A group of one has no reward: it is left out.
    """

    def plot(axes: Axes) -> None:
        low, middle, high = (curves[f"reward/p{percent}"] for percent in (5, 50, 95))
        rounds = [i for i in sorted(middle) if low[i] < high[i]]
        axes.fill_between(
            rounds, [low[i] for i in rounds], [high[i] for i in rounds],
            color=COLORS[POLICY], alpha=0.18, linewidth=0,
        )  # fmt: skip
        _plot_curve(axes, {i: middle[i] for i in rounds})
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
