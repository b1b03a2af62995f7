"""The benchmark's curves as one SVG file: throughput over workers and over the corpus's size."""

from __future__ import annotations

import io
from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

from regalloc.report.bench_parts import Point, Side
from regalloc.report.bench_result import BenchResult

if TYPE_CHECKING:
    from matplotlib.axes import Axes

# Okabe and Ito's colours, told apart by the colour-blind; markers tell them apart in grey.
_LOOKS: dict[Side, dict[str, Any]] = {
    "upstream": {"color": "#d55e01", "marker": "^", "linestyle": "--", "label": "upstream's way"},
    "ours": {"color": "#0072b3", "marker": "o", "linestyle": "-", "label": "ours"},
}
_STYLE: dict[Any, Any] = {
    "axes.grid": True,
    "axes.spines.right": False,
    "axes.spines.top": False,
    "axes.titlelocation": "left",
    "axes.titlesize": 9,
    "font.size": 8,
    "grid.color": "#d0d1d2",
    "legend.frameon": False,
    "svg.fonttype": "none",
    "svg.hashsalt": "bench",
}


def draw_bench(content: BenchResult) -> str:
    """Return the curves as an SVG document; equal input gives equal bytes."""
    # Takes half a second, which only a drawing needs to wait for.
    import matplotlib as mpl
    from matplotlib.figure import Figure

    with mpl.rc_context(_STYLE):
        figure = Figure(figsize=(7.2, 2.8), layout="constrained")
        workers, sizes = figure.subplots(1, 2)
        _plot(workers, content.by_workers, "workers", [p.workers for p in content.by_workers])
        _plot(sizes, content.by_size, "modules", [p.modules for p in content.by_size])
        workers.set_title(f"modules/s over workers, {content.machine.cores} cores")
        sizes.set_title(f"modules/s over corpus size, {content.machine.jobs} workers")
        workers.legend()
        buffer = io.StringIO()
        figure.savefig(buffer, format="svg", metadata={"Date": None})
    return buffer.getvalue()


def _plot(axes: Axes, points: Sequence[Point], label: str, places: Sequence[int]) -> None:
    from matplotlib.ticker import LogLocator

    for side, look in _LOOKS.items():
        own = [
            (place, point.modules_per_s)
            for place, point in zip(places, points, strict=True)
            if point.side == side
        ]
        axes.plot(*zip(*own, strict=True), **look)
    axes.set_axisbelow(True)
    axes.set_yscale("log")
    axes.set_xscale("log", base=2)
    axes.set_xticks(sorted(set(places)), [str(place) for place in sorted(set(places))])
    axes.yaxis.set_major_locator(LogLocator(subs=(1, 2, 5)))
    axes.yaxis.set_major_formatter("{x:g}")
    axes.minorticks_off()
    axes.set_xlabel(label)
