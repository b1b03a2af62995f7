"""Writes a run's page from what the run left behind."""

from __future__ import annotations

from pathlib import Path

from regalloc.commands.make import Made
from regalloc.commands.preparation import local_toolchain
from regalloc.layout import REPORT_PAGE
from regalloc.page.pages import write_page
from regalloc.summary.gathering import gather
from regalloc.summary.results import RunResults
from regalloc.terminal.messages import print_path


def renew_page(made: Made) -> None:
    """Write the run's page, unless it is of these results already, and print its path.

    Raises:
        ManifestError: a result cannot be read.
        DiskError: the page cannot be written.
    """
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
