"""What is shown of a benchmark that has been run."""

from __future__ import annotations

from pathlib import Path

from rich.console import Console

from regalloc.files import write_whole
from regalloc.layout import BENCH_PLOT, BENCH_RESULT
from regalloc.pipeline.bench_table import print_bench
from regalloc.report import bench as report


def show_bench(folder: Path, result: Path) -> None:
    """Print a result and draw its curves beside the run's folders.

    Args:
        folder: the run's.
        result: the stage's folder.

    Raises:
        ManifestError: the result cannot be read.
        DiskError: the drawing cannot be written.
    """
    print_bench(result / BENCH_RESULT)
    path = write_plot(folder / BENCH_PLOT, report.read(result / BENCH_RESULT))
    Console().print(f"plot: {path}", markup=False, soft_wrap=True, highlight=False)


def write_plot(path: Path, content: report.Bench) -> Path:
    """Draw the curves and return the file's path.

    Raises:
        DiskError: it cannot be written.
    """
    # Brings in matplotlib, which nothing else on the host needs.
    from regalloc.page.bench import draw_bench

    drawing = draw_bench(content)
    with write_whole(path) as file:
        file.write(drawing.encode())
    return path
