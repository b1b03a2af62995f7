"""The host's part in a release: its image."""

from __future__ import annotations

import os

from regalloc.images.release import build_release, release_labels, release_reference
from regalloc.layout import RELEASE, RELEASED_POLICY
from regalloc.pipeline.execute import Run
from regalloc.pipeline.manifest import digest_writes, read_manifest


def build_image(run: Run) -> str:
    """Build the image of a run's release, unless it exists, and return its reference.

    Raises:
        ImageError: the build failed.
        DiskError: the disk is full.
    """
    folder = run.folder / RELEASE
    manifest = read_manifest(folder)
    assert manifest is not None, "the stage ran"
    files = manifest.writes.items()
    policy = digest_writes({k: v for k, v in files if k.startswith(f"{RELEASED_POLICY}/")})
    kit = run.wish.targets["kit"]
    reference = release_reference(kit, policy)
    if run.engine.image_id(reference) is None:
        labels = release_labels(reference, kit, policy)
        base = run.wish.targets["base"]
        build_release(run.checkout, run.cache, os.environ, base, folder, labels)
    return reference
