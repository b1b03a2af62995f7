"""Shows what a run has made, once it has."""

from __future__ import annotations

from pathlib import Path

from regalloc.commands.make import Made
from regalloc.commands.preparation import local_toolchain
from regalloc.layout import BENCH_PLOT, REPORT_PAGE
from regalloc.page.pages import write_page, write_plot
from regalloc.summary.gathering import gather
from regalloc.summary.results import RunResults
from regalloc.terminal.bench_table import print_bench
from regalloc.terminal.messages import print_path
from regalloc.terminal.programs_table import print_programs
from regalloc.terminal.report_table import print_report


def show_evaluation(made: Made) -> None:
    """Print what the policies are worth, and write the run's page.

    Raises:
        ManifestError: a result cannot be read.
        DiskError: the page cannot be written.
    """
    print_report(made.results.report, made.results.report_path)
    _renew_page(made)


def show_programs(made: Made) -> None:
    """Print what the programs did, and write the run's page if it was evaluated.

    Raises:
        ManifestError: a result cannot be read.
        DiskError: the page cannot be written.
    """
    print_programs(made.results.programs, made.results.programs_path)
    if made.results.report_path.is_file():
        _renew_page(made)


def show_bench(made: Made) -> None:
    """Print what the benchmark measured, and draw its curves.

    Raises:
        ManifestError: the result cannot be read.
        DiskError: the drawing cannot be written.
    """
    print_bench(made.results.bench, made.results.bench_path)
    print_path("plot", write_plot(made.run.folder / BENCH_PLOT, made.results.bench))


def _renew_page(made: Made) -> None:
    """Write the run's page, unless it is of these results already, and print its path."""
    page = made.run.folder / REPORT_PAGE
    if made.renewed or not _is_newer(page, made.results.report_path):
        show_page(made.results, local_toolchain(made.run.cache, made.run.wish.targets["llvm"]))
    else:
        print_path("report", page)


def _is_newer(path: Path, other: Path) -> bool:
    return path.is_file() and path.stat().st_mtime >= other.stat().st_mtime


def show_page(results: RunResults, toolchain: Path) -> None:
    """Write a run's report.html from what the run left behind, and print its path.

    Args:
        results: the run's.
        toolchain: folder of the compiler on this machine, for runs of the local engine.

    Raises:
        ManifestError: there is no report, or it cannot be read.
        DiskError: the page cannot be written.
    """
    content = gather(results, toolchain)
    print_path("report", write_page(results.folder, content))
