"""A figure as SVG that takes its colours and its font from the page around it.

It is drawn at about the width of a phone, so that text stays legible when it is scaled.  Policies
differ in colour (Okabe and Ito's, told apart by the colour-blind) and in line or marker, so that
grey paper shows them as well.
"""

from __future__ import annotations

import io
import re
from collections.abc import Callable
from typing import TYPE_CHECKING, Any

from regalloc.report.rows import POLICY

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


def draw(
    name: str, label: str, plot: Callable[[Axes], None], *, height_in: float = HEIGHT_IN
) -> str:
    """Return a figure as an SVG element; equal input gives equal bytes.

    Args:
        name: unique on the page; decides the ids inside.
        label: what a reader who cannot see it is told.
        plot: draws on the axes.
        height_in: inches.
    """
    # Takes half a second, which only a page needs to wait for.
    import matplotlib as mpl
    from matplotlib.figure import Figure

    with mpl.rc_context({**_STYLE, "svg.hashsalt": name}):
        figure = Figure(figsize=(WIDTH_IN, height_in), layout="constrained")
        axes = figure.subplots()
        axes.set_axisbelow(True)
        plot(axes)
        buffer = io.StringIO()
        figure.savefig(buffer, format="svg", transparent=True, metadata={"Date": None})
    return _embed(buffer.getvalue(), label)


def _embed(svg: str, label: str) -> str:
    """Return the SVG element alone, in the page's colours and without what repeats on the page."""
    element = svg[svg.index("<svg") :]
    for repeated, kept in _REPEATED.items():
        element = repeated.sub(kept, element)
    for color, variable in VARIABLES.items():
        element = element.replace(color, variable)
    return element.replace("<svg", f'<svg role="img" aria-label="{label}"', 1)
