"""Shows what a run has made, once it has."""

from __future__ import annotations

from collections.abc import Collection
from pathlib import Path

from regalloc.engine.local import local_folder
from regalloc.images.tags import Target
from regalloc.layout import (
    BENCH,
    BENCH_PLOT,
    BENCH_RESULT,
    EVALUATION,
    PROGRAMS,
    PROGRAMS_RESULT,
    REPORT,
    REPORT_PAGE,
)
from regalloc.page.pages import write_page, write_plot
from regalloc.pipeline.run import Run
from regalloc.report import bench_result
from regalloc.summary.gathering import gather
from regalloc.terminal.bench_table import print_bench
from regalloc.terminal.messages import print_path
from regalloc.terminal.programs_table import print_programs
from regalloc.terminal.report_table import print_report


def show_results(run: Run, wanted: Collection[str], *, renewed: bool) -> None:
    """Print what the wanted stages found out, and write the run's page if it has one.

    Args:
        run: where they are.
        wanted: names of stages.
        renewed: whether anything was made anew. What is not leaves the page as it is.

    Raises:
        ManifestError: a result cannot be read.
        DiskError: a page or a drawing cannot be written.
    """
    folder = run.folder
    if "evaluate" in wanted:
        print_report(folder / EVALUATION / REPORT)
    if "programs" in wanted:
        print_programs(folder / PROGRAMS / PROGRAMS_RESULT)
    if "bench" in wanted:
        show_bench(folder, folder / BENCH)
    report, page = folder / EVALUATION / REPORT, folder / REPORT_PAGE
    if not {"evaluate", "programs"} & set(wanted) or not report.is_file():
        return
    if renewed or not _is_newer(page, report):
        show_page(folder, local_toolchain(run.cache, run.wish.targets["llvm"]))
    else:
        print_path("report", page)


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
    path = write_plot(folder / BENCH_PLOT, bench_result.read(result / BENCH_RESULT))
    print_path("plot", path)


def _is_newer(path: Path, other: Path) -> bool:
    return path.is_file() and path.stat().st_mtime >= other.stat().st_mtime


def show_page(folder: Path, toolchain: Path) -> None:
    """Write a run's report.html from what the run left behind, and print its path.

    Args:
        folder: the run's.
        toolchain: folder of the compiler on this machine, for runs of the local engine.

    Raises:
        ManifestError: there is no report, or it cannot be read.
        DiskError: the page cannot be written.
    """
    print_path("report", write_page(folder, gather(folder, toolchain)))


def local_toolchain(cache: Path, llvm: Target) -> Path:
    """Return the folder of the compiler that runs of the local engine use."""
    return local_folder(cache, llvm.ref) / "opt" / "llvm"
