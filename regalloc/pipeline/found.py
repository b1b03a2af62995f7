"""Looks at a run's folder and at the images, for the plan."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from pathlib import Path

from regalloc.engine.protocol import Engine
from regalloc.errors import ManifestError
from regalloc.images.tags import Target
from regalloc.pipeline.manifest import find_damage, read_manifest, read_started
from regalloc.pipeline.plan import Found
from regalloc.stages.table import STAGES


def look_around(
    run: Path, targets: Mapping[str, Target], engine: Engine, rehash: bool = False
) -> Found:
    """Return what a run has already made; contents are compared only when `rehash` is set.

    Raises:
        ManifestError: a manifest does not parse, or a folder holds files of unknown origin.
    """
    manifests, damage, started = {}, {}, {}
    for stage in STAGES:
        folder = run / stage.writes
        if (key := read_started(folder)) is not None:
            started[stage.name] = key
        if (manifest := read_manifest(folder)) is not None:
            manifests[stage.name] = manifest
            damage[stage.name] = find_damage(folder, manifest, rehash)
        elif key is None:
            _require_empty(folder)
    return Found(manifests, damage, started, _existing(targets.values(), engine), engine.nested)


def _existing(targets: Iterable[Target], engine: Engine) -> frozenset[str]:
    return frozenset(target.reference for target in targets if engine.image_id(target.ref))


def _require_empty(folder: Path) -> None:
    # A stage cleans its folder; what no stage of ours wrote is not ours to delete.
    if folder.is_dir() and any(folder.iterdir()):
        raise ManifestError(
            f"{folder} holds files, but no stage wrote them",
            "it has neither manifest.json nor started.json",
            "move them away, or choose another folder with --run",
        )
