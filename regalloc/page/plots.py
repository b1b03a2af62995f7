"""What the page draws of a run."""

from __future__ import annotations

from collections.abc import Mapping
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


CURVES = {
    "ratio": "score / default's score",
    "entropy": "entropy of the policy, nats",
    "kl": "KL from the policy before",
    "loss": "loss",
    "clip_fraction": "share of clipped importance ratios",
}
"""Scalars of the journal that are drawn, with the rewards, and their titles."""


def draw_scores(part: Part) -> dict[str, str]:
    """Draw what is to be seen of a part's scores, each drawing by its name."""
    return {
        "ratios": draw_ratios(part),
        "distribution": draw_distribution(part),
        "sizes": draw_sizes(part),
    }


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
    rated = {name: _rate(part, name) for name in NAMES if name in part.comparisons}

    def plot(axes: Axes) -> None:
        axes.axvline(1, color=INK, linewidth=0.9)
        for name, functions in rated.items():
            ratios = np.sort(np.clip([ratio for _, ratio in functions], 1 / CLIP, CLIP))
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
    points = [(score, ratio) for score, ratio in _rate(part, POLICY) if score > 0]

    def plot(axes: Axes) -> None:
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


def draw_curves(curves: Curves) -> list[str]:
    """Draw what is to be seen of training, round by round."""
    drawn = []
    for name, title in CURVES.items():
        # One round makes no curve.
        if len(curves.get(name, ())) > 1:
            drawn.append(draw_curve(curves, name, title, 1.0 if name == "ratio" else None))
            if name == "ratio" and "reward/p50" in curves:
                drawn.append(draw_rewards(curves))
    return drawn


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


def _rate(part: Part, policy: str) -> list[tuple[float, float]]:
    """Return default score and score ratio of each function that has a ratio."""
    rated = []
    for row in part.function_rows:
        if policy in row.costs:
            default = row.costs[DEFAULT].score
            log = log_ratio(default, row.costs[policy].score)
            if log is not None:
                rated.append((default, float(np.exp(log))))
    return rated
