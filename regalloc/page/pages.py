"""Writes what is drawn: report.html, seeds.html and bench.svg."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING

from regalloc.files import write_whole
from regalloc.layout import REPORT_PAGE, SEEDS_PAGE
from regalloc.report.bench_result import BenchResult
from regalloc.summary.run_summary import RunSummary

if TYPE_CHECKING:
    from regalloc.summary.seed_comparison import Seeds


def write_page(folder: Path, content: RunSummary) -> Path:
    """Write a run's page beside its stages' folders and return its path.

    Args:
        folder: the run's.
        content: what the page shows.

    Raises:
        DiskError: the page cannot be written.
    """
    # Brings in matplotlib and jinja2, which nothing else on the host needs.
    from regalloc.page.render import render

    return _write(folder / REPORT_PAGE, render(content))


def write_seeds_page(folder: Path, seeds: Seeds, runs: Sequence[Path]) -> Path:
    """Write the page that sets seeds side by side and return its path.

    Args:
        folder: where it is written.
        seeds: what they show together.
        runs: the folder of each.

    Raises:
        DiskError: the page cannot be written.
    """
    from regalloc.page.render import render_seeds

    links = [f"{run.name}/{REPORT_PAGE}" for run in runs]
    return _write(folder / SEEDS_PAGE, render_seeds(folder.name, seeds, links))


def write_plot(path: Path, content: BenchResult) -> Path:
    """Draw the curves and return the file's path.

    Raises:
        DiskError: it cannot be written.
    """
    # Brings in matplotlib, which nothing else on the host needs.
    from regalloc.page.bench_plot import draw_bench

    return _write(path, draw_bench(content))


def _write(path: Path, text: str) -> Path:
    with write_whole(path) as file:
        file.write(text.encode("utf-8", "backslashreplace"))
    return path
