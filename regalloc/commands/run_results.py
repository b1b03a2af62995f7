"""Shows what a run has made, once it has."""

from __future__ import annotations

from regalloc.commands.make import Made
from regalloc.commands.run_page import renew_page
from regalloc.layout import BENCH_PLOT
from regalloc.page.pages import write_plot
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
    renew_page(made)


def show_programs(made: Made) -> None:
    """Print what the programs did, and write the run's page if it was evaluated.

    Raises:
        ManifestError: a result cannot be read.
        DiskError: the page cannot be written.
    """
    print_programs(made.results.programs, made.results.programs_path)
    if made.results.report_path.is_file():
        renew_page(made)


def show_bench(made: Made) -> None:
    """Print what the benchmark measured, and draw its curves.

    Raises:
        ManifestError: the result cannot be read.
        DiskError: the drawing cannot be written.
    """
    print_bench(made.results.bench, made.results.bench_path)
    print_path("plot", write_plot(made.run.folder / BENCH_PLOT, made.results.bench))
