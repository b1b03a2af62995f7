"""Removes what can be made again."""

from __future__ import annotations

import os
import shutil
from pathlib import Path

from regalloc.commands.backend import select_backend
from regalloc.commands.machine import cache_folder
from regalloc.commands.options import Options
from regalloc.commands.seeds import find_seeds
from regalloc.images.builders.release_image import NAME as RELEASE
from regalloc.images.tree import MATERIALS, TREE
from regalloc.layout import BENCH_PLOT, FOLDERS, REPORT_PAGE, RUN_LOCK, SEEDS_PAGE
from regalloc.terminal.messages import say


def clean_up(options: Options, images: bool, cache: bool) -> None:
    """Remove a run's folders, and on demand the images and the cache.

    Raises:
        EngineError: the engine did not remove the images.
    """
    for run in (options.folder, *find_seeds(options.folder)):
        for folder in _run_folders(run):
            shutil.rmtree(folder)
            say(f"removed {folder}")
        for name in (RUN_LOCK, REPORT_PAGE, SEEDS_PAGE, BENCH_PLOT):
            (run / name).unlink(missing_ok=True)
    where = cache_folder(os.environ)
    if images:
        _remove_images(options, where)
    if cache:
        shutil.rmtree(where, ignore_errors=True)
        say(f"removed {where}")


def _run_folders(run: Path) -> list[Path]:
    """Return the folders in a run that stages made, those moved aside included."""
    if not run.is_dir():
        return []
    return [
        path
        for path in sorted(run.iterdir())
        if path.is_dir() and path.name.partition(".")[0] in FOLDERS
    ]


def _remove_images(options: Options, cache: Path) -> None:
    engine = select_backend(options.engine, cache, os.environ).engine
    for removed in engine.remove_images(image_names()):
        say(f"removed {removed}")


def image_names() -> tuple[str, ...]:
    """Return the names of all images that we make, each before those that it is built on."""
    base, *others = TREE
    return (RELEASE, *(image.name for image in (*reversed(others), *MATERIALS, base)))
