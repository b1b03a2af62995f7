"""Shows what a run has made, once it has."""

from __future__ import annotations

from pathlib import Path

from regalloc.engine.local import local_folder
from regalloc.images.tags import Target
from regalloc.layout import BENCH_PLOT, REPORT_PAGE
from regalloc.page.pages import write_page, write_plot
from regalloc.pipeline.run import Run
from regalloc.summary.gathering import gather
from regalloc.summary.results import RunResults
from regalloc.terminal.bench_table import print_bench
from regalloc.terminal.messages import print_path
from regalloc.terminal.programs_table import print_programs
from regalloc.terminal.report_table import print_report


def show_evaluation(run: Run, *, renewed: bool) -> None:
    """Print what the policies are worth, and write the run's page.

    Args:
        run: where that is.
        renewed: whether anything was made anew. What is not leaves the page as it is.

    Raises:
        ManifestError: a result cannot be read.
        DiskError: the page cannot be written.
    """
    results = RunResults(run.folder)
    print_report(results.report, results.report_path)
    _renew_page(run, results, renewed)


def show_programs(run: Run, *, renewed: bool) -> None:
    """Print what the programs did, and write the run's page if it was evaluated.

    Args:
        run: where that is.
        renewed: whether anything was made anew. What is not leaves the page as it is.

    Raises:
        ManifestError: a result cannot be read.
        DiskError: the page cannot be written.
    """
    results = RunResults(run.folder)
    print_programs(results.programs, results.programs_path)
    if results.report_path.is_file():
        _renew_page(run, results, renewed)


def show_bench(run: Run) -> None:
    """Print what the benchmark measured, and draw its curves.

    Raises:
        ManifestError: the result cannot be read.
        DiskError: the drawing cannot be written.
    """
    results = RunResults(run.folder)
    print_bench(results.bench, results.bench_path)
    print_path("plot", write_plot(run.folder / BENCH_PLOT, results.bench))


def _renew_page(run: Run, results: RunResults, renewed: bool) -> None:
    page = run.folder / REPORT_PAGE
    if renewed or not _is_newer(page, results.report_path):
        show_page(results, local_toolchain(run.cache, run.wish.targets["llvm"]))
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


def local_toolchain(cache: Path, llvm: Target) -> Path:
    """Return the folder of the compiler that runs of the local engine use."""
    return local_folder(cache, llvm.ref) / "opt" / "llvm"
