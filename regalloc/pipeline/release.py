"""The host's part in a release: which policy it is of, and the image."""

from __future__ import annotations

import os
from pathlib import Path

from regalloc.errors import PolicyError
from regalloc.images.release import build_release, release_labels, release_reference
from regalloc.pipeline.execute import Run
from regalloc.pipeline.manifest import digest_writes, hash_outputs, read_manifest
from regalloc.pipeline.plan import OwnPolicy
from regalloc.stages.table import RELEASE

SAVED_MODEL = "saved_model.pb"
POLICY = "share/regalloc/policy/"


def own_policy(folder: str) -> OwnPolicy | None:
    """Return the policy that was named, or None for the run's own.

    Raises:
        PolicyError: there is none in that folder.
    """
    if not folder:
        return None
    path = Path(folder).resolve()
    if not (path / SAVED_MODEL).is_file():
        raise PolicyError(
            f"there is no policy in {path}",
            f"{path / SAVED_MODEL} does not exist",
            "run invoke train, or give --policy a folder with a SavedModel",
        )
    return OwnPolicy(path, digest_writes(hash_outputs(path)))


def build_image(run: Run) -> str:
    """Build the image of a run's release, unless it exists, and return its reference.

    Raises:
        ImageError: the build failed.
        DiskError: the disk is full.
    """
    folder = run.folder / RELEASE
    manifest = read_manifest(folder)
    assert manifest is not None, "the stage ran"
    policy = digest_writes({k: v for k, v in manifest.writes.items() if k.startswith(POLICY)})
    kit = run.wish.targets["kit"]
    reference = release_reference(kit, policy)
    if run.engine.image_id(reference) is None:
        labels = release_labels(reference, kit, policy)
        base = run.wish.targets["base"]
        build_release(run.checkout, run.cache, os.environ, base, folder, labels)
    return reference
