"""Makes a stage's folder ready, without losing what took hours."""

from __future__ import annotations

import shutil
from collections.abc import Callable
from pathlib import Path

from regalloc.errors import DiskError
from regalloc.pipeline.manifest import (
    move_records,
    read_manifest,
    read_started,
    remove_manifest,
    write_started,
)
from regalloc.pipeline.outputs import remove_tree
from regalloc.stages.table import Stage

STAGE_BYTES = 200 * 1024**2


def require_space(folder: Path, needed: int, what: str) -> None:
    """Create a folder and check that its disk has so many bytes free.

    Raises:
        DiskError: it cannot be created or has less.
    """
    try:
        folder.mkdir(parents=True, exist_ok=True)
        free = shutil.disk_usage(folder).free
    except OSError as error:
        raise DiskError(f"{folder} cannot be used", str(error), "choose another folder") from error
    if free < needed:
        raise DiskError(
            f"the disk is too full for {what}",
            f"{folder}: {free // 1024**2} MiB free, {needed // 1024**2} MiB needed",
            "free space, or put the run elsewhere with --run and the cache with REGALLOC_CACHE",
        )


def prepare_folder(stage: Stage, folder: Path, key: str, say: Callable[[str], None]) -> None:
    """Make a stage's folder ready: empty, or as an interrupted run with this key left it.

    A finished result of a stage that takes hours is moved aside, not deleted.

    Raises:
        DiskError: the disk is full or not writable.
    """
    require_space(folder.parent, STAGE_BYTES, f"stage {stage.name}")
    try:
        _clear(stage, folder, key, say)
        folder.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise DiskError(f"{folder} cannot be cleared", str(error), "check who owns it") from error
    write_started(folder, key)


def _clear(stage: Stage, folder: Path, key: str, say: Callable[[str], None]) -> None:
    if stage.resumes and read_started(folder) == key:
        remove_manifest(folder)
        return
    finished = read_manifest(folder)
    if stage.resumes and finished is not None and folder.exists():
        aside = folder.with_name(f"{folder.name}.{finished.key[:8]}")
        # The same key is the same result: an older copy of it is no loss.
        remove_tree(aside)
        folder.rename(aside)
        move_records(folder, aside)
        say(f"kept the finished {folder.name} of another configuration as {aside}")
    else:
        # First of all the manifest, even of a folder that is gone: half a folder must never be
        # taken for done.
        remove_manifest(folder)
        remove_tree(folder)
