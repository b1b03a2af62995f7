"""The host's part in a release: its image."""

from __future__ import annotations

import os

from regalloc.images.builders.release_image import Release, build_release
from regalloc.layout import RELEASE, RELEASED_POLICY
from regalloc.pipeline.manifest import digest_writes, read_manifest
from regalloc.pipeline.run import Run


def build_image(run: Run) -> str:
    """Build the image of a run's release, unless it exists, and return its reference.

    Raises:
        ImageError: the build failed.
        DiskError: the disk is full.
    """
    folder = run.folder / RELEASE
    manifest = read_manifest(folder)
    assert manifest is not None, "the stage ran"
    policy = digest_writes(
        {k: v for k, v in manifest.writes.items() if k.startswith(f"{RELEASED_POLICY}/")}
    )
    targets = run.wish.targets
    release = Release(targets["base"], targets["kit"], policy, folder)
    if run.engine.image_id(release.image) is None:
        build_release(release, run.checkout, run.cache, os.environ)
    return str(release.image)
