"""Takes a release out of its run: into an image, and to where its user wants it."""

from __future__ import annotations

import os
import shutil
from pathlib import Path

from regalloc.errors import ConfigError, DiskError, ManifestError
from regalloc.images.builders.release_image import PackedRelease, build_release
from regalloc.layout import RELEASE, RELEASED_POLICY
from regalloc.pipeline.manifest import (
    Manifest,
    digest_writes,
    export_manifest,
    read_exported,
    read_manifest,
)
from regalloc.pipeline.outputs import remove_tree
from regalloc.pipeline.run import Run


def build_image(run: Run) -> str:
    """Build the image of a run's release, unless it exists, and return its reference.

    Raises:
        ImageError: the build failed.
        DiskError: the disk is full.
    """
    folder = run.folder / RELEASE
    manifest = _finished(folder)
    policy = digest_writes(
        {k: v for k, v in manifest.writes.items() if k.startswith(f"{RELEASED_POLICY}/")}
    )
    targets = run.wish.targets
    release = PackedRelease(targets["base"], targets["kit"], policy, folder)
    if run.engine.image_id(release.image) is None:
        build_release(release, run.checkout, run.cache, os.environ)
    return str(release.image)


def check_target(target: Path) -> None:
    """Make sure that a folder may be written: it is not there, empty, or an earlier export.

    Raises:
        ConfigError: it holds something else.
    """
    if not target.exists() or (target.is_dir() and not any(target.iterdir())):
        return
    if not _is_export(target):
        raise ConfigError(
            f"{target} is there and is no earlier export",
            "nothing is written over it",
            "name a new or an empty folder with --export",
        )


def export(release: Path, target: Path) -> None:
    """Copy a release; at each moment the target is the old one or the whole new one.

    Raises:
        ConfigError: the target holds something else.
        DiskError: it cannot be written.
    """
    check_target(target)
    draft, old = (target.with_name(f".{target.name}.{word}") for word in ("draft", "old"))
    try:
        target.parent.mkdir(parents=True, exist_ok=True)
        for left in (draft, old):
            remove_tree(left)
        shutil.copytree(release, draft, symlinks=True)
        export_manifest(_finished(release), draft)
        if target.exists():
            target.rename(old)
        draft.rename(target)
        shutil.rmtree(old, ignore_errors=True)
    except OSError as error:
        shutil.rmtree(draft, ignore_errors=True)
        raise DiskError(
            f"the release cannot be written to {target}",
            str(error),
            "name a folder that you may write with --export, on a disk with space",
        ) from error


def _finished(folder: Path) -> Manifest:
    manifest = read_manifest(folder)
    assert manifest is not None, "the stage ran"
    return manifest


def _is_export(folder: Path) -> bool:
    try:
        manifest = read_exported(folder)
    except ManifestError:
        return False
    return manifest is not None and manifest.stage == RELEASE
