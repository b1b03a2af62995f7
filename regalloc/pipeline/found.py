"""Looks at a run's folder and at the images, for the plan."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

from regalloc.engine.protocol import Engine
from regalloc.images.tags import Target
from regalloc.pipeline.manifest import (
    find_damage,
    read_failure,
    read_manifest,
    read_started,
    require_empty,
)
from regalloc.pipeline.plan import Found
from regalloc.stages.table import STAGES


def look_around(
    run: Path, targets: Mapping[str, Target], engine: Engine, rehash: bool = False
) -> Found:
    """Return what a run has already made; contents are compared only when `rehash` is set.

    Raises:
        ManifestError: a manifest does not parse, or a folder holds files of unknown origin.
    """
    manifests, damage, started, failures = {}, {}, {}, {}
    for stage in STAGES:
        folder = run / stage.writes
        key, manifest = read_started(folder), read_manifest(folder)
        if key is None and manifest is None:
            require_empty(folder)
        if key is not None:
            started[stage.name] = key
        if manifest is None and (failure := read_failure(folder)) is not None:
            failures[stage.name] = failure
        if manifest is not None:
            manifests[stage.name] = manifest
            damage[stage.name] = find_damage(folder, manifest, rehash)
    images = frozenset(one.reference for one in targets.values() if engine.image_id(one.ref))
    return Found(manifests, damage, started, failures, images, engine.nested)
