"""Trains with several seeds, each in a folder of its own, and sets them side by side.

They share nothing: what a seed does not change takes seconds to make again, and a folder that is
whole can be moved, verified and removed like that of any other run.
"""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

from regalloc.commands.make import run_stages
from regalloc.commands.options import Options
from regalloc.commands.preparation import find_toolchain
from regalloc.commands.run_page import show_page
from regalloc.commands.run_results import show_evaluation
from regalloc.errors import ConfigError, ManifestError
from regalloc.layout import EVALUATION, REPORT, SEED_PREFIX
from regalloc.page.pages import write_seeds_page
from regalloc.summary.results import RunResults
from regalloc.terminal.messages import print_path
from regalloc.terminal.report_table import print_seeds


def train_seeds(options: Options, wanted: tuple[str, ...], count: int) -> None:
    """Make and show the results of the wanted stages with so many seeds, from the given one on.

    Raises:
        ConfigError: fewer than one seed is asked for.
        RegallocError: of the class that names what failed.
    """
    if count < 1:
        raise ConfigError(f"--seeds={count} trains nothing", "", "use 1 or more")
    # A single seed is a run like any other.
    runs = [options] if count == 1 else [_of_seed(options, options.seed + i) for i in range(count)]
    for one in runs:
        if made := run_stages(one, wanted):
            show_evaluation(made)
    if count > 1 and not options.dry_run:
        _compare(options.folder, [RunResults(one.folder) for one in runs])


def _of_seed(options: Options, seed: int) -> Options:
    return replace(options, seed=seed, run=str(options.folder / f"{SEED_PREFIX}{seed}"))


def rebuild_pages(options: Options) -> None:
    """Write the pages of a run, and those of its seeds, again from what was left behind.

    Raises:
        ManifestError: there is no report, or one cannot be read.
        DiskError: a page cannot be written.
    """
    seeds = [RunResults(folder) for folder in find_seeds(options.folder)]
    toolchain = find_toolchain(options)
    for results in seeds:
        show_page(results, toolchain)
    if len(seeds) > 1:
        _compare(options.folder, seeds)
    own = RunResults(options.folder)
    if not seeds or own.report_path.is_file():
        show_page(own, toolchain)


def find_seeds(folder: Path) -> list[Path]:
    """Return the folders of the seeds that were evaluated below a run's folder, by seed."""
    found = [path.parent.parent for path in folder.glob(f"{SEED_PREFIX}*/{EVALUATION}/{REPORT}")]
    numbers = {path: path.name.removeprefix(SEED_PREFIX) for path in found}
    return sorted(
        (path for path, number in numbers.items() if number.isdecimal()),
        key=lambda path: int(numbers[path]),
    )


def _compare(folder: Path, runs: list[RunResults]) -> None:
    # Brings in numpy, which the host can do without until here.
    from regalloc.summary.seed_comparison import compare_seeds

    reports = [run.report for run in runs]
    corpora = {tuple(row.module for row in found.held_out.module_rows) for found in reports}
    if len(corpora) > 1:
        raise ManifestError(
            f"the seeds in {folder} were not evaluated on the same modules",
            ", ".join(run.folder.name for run in runs),
            "run invoke train --seeds again, or remove the folders that do not belong",
        )
    seeds = compare_seeds(reports)
    print_seeds(seeds)
    print_path("report", write_seeds_page(folder, seeds, [run.folder for run in runs]))
