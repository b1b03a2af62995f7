"""Removes what can be made again."""

from __future__ import annotations

import os
import shutil
from pathlib import Path

from regalloc.commands.backend import select_backend
from regalloc.commands.machine import cache_folder, exclusive
from regalloc.commands.options import Options
from regalloc.errors import DiskError
from regalloc.images.builders.release_image import NAME as RELEASE
from regalloc.images.tree import MATERIALS, TREE
from regalloc.layout import (
    BENCH_PLOT,
    OWN_PROGRAMS,
    PROGRAMS,
    RECORDS,
    REPORT_PAGE,
    RUN_LOCK,
    SEED_PREFIX,
    SEEDS_PAGE,
)
from regalloc.pipeline.outputs import remove_tree
from regalloc.terminal.messages import say


def clean_up(options: Options, images: bool, cache: bool) -> None:
    """Remove what stages made in a run's folder, and on demand the images and the cache.

    What no record of the run names is left, and said to be.

    Raises:
        StageError: the run is at work.
        DiskError: something cannot be removed.
        EngineError: the engine did not remove the images.
    """
    folder = options.folder
    places = (folder, *sorted(folder.glob(f"{SEED_PREFIX}*")))
    runs = [place for place in places if (place / RECORDS).is_dir() and not place.is_symlink()]
    for run in runs:
        with exclusive(run):
            _clean_run(run)
    if not runs and folder.is_dir() and any(folder.iterdir()):
        say(f"left {folder}: there are no records of stages in it")
    where = cache_folder(os.environ)
    if images:
        _remove_images(options, where)
    if cache:
        shutil.rmtree(where, ignore_errors=True)
        say(f"removed {where}")


def _clean_run(run: Path) -> None:
    """Remove the folders whose records say that a stage began them, and what the host made."""
    begun = sorted(path.name for path in (run / RECORDS).iterdir() if any(path.iterdir()))
    # The host makes it for the stage that measures programs.
    copies = [OWN_PROGRAMS] if PROGRAMS in begun else []
    try:
        for name in (*begun, *copies):
            if (run / name).exists():
                remove_tree(run / name)
                say(f"removed {run / name}")
        remove_tree(run / RECORDS)
        for name in (RUN_LOCK, REPORT_PAGE, SEEDS_PAGE, BENCH_PLOT):
            (run / name).unlink(missing_ok=True)
    except OSError as error:
        raise DiskError(f"{run} cannot be cleaned", str(error), "check who owns it") from error
    for path in sorted(run.iterdir()):
        if not path.name.startswith(SEED_PREFIX):
            say(f"left {path}: no stage made it")


def _remove_images(options: Options, cache: Path) -> None:
    engine = select_backend(options.engine, cache, os.environ).engine
    for removed in engine.remove_images(image_names()):
        say(f"removed {removed}")


def image_names() -> tuple[str, ...]:
    """Return the names of all images that we make, each before those that it is built on."""
    base, *others = TREE
    return (RELEASE, *(image.name for image in (*reversed(others), *MATERIALS, base)))
