"""Removes what can be made again."""

from __future__ import annotations

import os
import shutil
from pathlib import Path

from regalloc.engine.docker import DockerEngine
from regalloc.engine.select import select_engine
from regalloc.images.release import NAME as RELEASE
from regalloc.images.tree import TREE
from regalloc.pipeline.bench import PLOT
from regalloc.pipeline.machine import CHECKOUT, cache_folder
from regalloc.pipeline.options import Options
from regalloc.pipeline.report_page import PAGE, SEEDS_PAGE
from regalloc.pipeline.seeds import find_seeds
from regalloc.pipeline.show import say
from regalloc.stages.table import FOLDERS


def clean_up(options: Options, images: bool, cache: bool) -> None:
    """Remove a run's folders, and on demand the images and the cache.

    Raises:
        EngineError: the engine did not remove the images.
    """
    for run in (options.folder, *find_seeds(options.folder)):
        for folder in _run_folders(run):
            shutil.rmtree(folder)
            say(f"removed {folder}")
        for name in (".lock", PAGE, SEEDS_PAGE, PLOT):
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
    engine = select_engine(options.engine, CHECKOUT, cache)
    if not isinstance(engine, DockerEngine):
        shutil.rmtree(cache / "local", ignore_errors=True)
        return
    # Children first: an image is in use as long as another is built on it.
    for name in (RELEASE, *(f"regalloc-{image.name}" for image in reversed(TREE))):
        for reference in engine.remove_images(f"{name}:"):
            say(f"removed {reference}")
