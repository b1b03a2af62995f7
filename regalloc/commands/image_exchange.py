"""Moves the image set between this engine, a registry and an archive."""

from __future__ import annotations

import os
from pathlib import Path

from regalloc.engine.store import ImageStore
from regalloc.errors import EngineError
from regalloc.images.transfer.archive import load_set, save_set
from regalloc.images.transfer.prebuilt import pull_set, push_set
from regalloc.images.transfer.registry import Registry
from regalloc.images.transfer.registry_address import require_registry
from regalloc.pipeline.run import Run
from regalloc.terminal.messages import say


def push(run: Run, address: str) -> None:
    """Send the set to a registry; see :func:`regalloc.images.transfer.prebuilt.push_set`."""
    push_set(tuple(run.wish.targets.values()), _registry(run, address))


def pull(run: Run, address: str) -> None:
    """Fetch the set from a registry; see :func:`regalloc.images.transfer.prebuilt.pull_set`."""
    pull_set(tuple(run.wish.targets.values()), _registry(run, address))


def save(run: Run, archive: Path) -> None:
    """Write the set into an archive; see :func:`regalloc.images.transfer.archive.save_set`."""
    save_set(tuple(run.wish.targets.values()), archive, _images(run), say)


def load(run: Run, archive: Path) -> None:
    """Take images out of an archive; see :func:`regalloc.images.transfer.archive.load_set`."""
    load_set(archive, _images(run), say)


def _registry(run: Run, address: str) -> Registry:
    return Registry(require_registry(address, os.environ), _images(run), say)


def _images(run: Run) -> ImageStore:
    if run.engine.images is None:
        raise EngineError(
            "images are moved by docker, and there is none here",
            f"engine: {run.engine.describe()}",
            "start docker, or use --engine=docker",
        )
    return run.engine.images
