"""Gives a fresh build the same image ID wherever and whenever it was made.

The layers are the same already: each step of a final stage ends with docker/scripts/settle.sh.
BuildKit before 0.13, which Debian 12's engine has, writes the time of the build into the image's
configuration, whatever SOURCE_DATE_EPOCH says.  So an image is built under a name of its own, and
its layers are taken in again under a configuration without that time.
"""

from __future__ import annotations

import io
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import msgspec

from regalloc.engine.store import ImageStore
from regalloc.errors import DiskError, ImageError
from regalloc.images.tags import Target
from regalloc.images.transfer.archive import write_archive, write_description
from regalloc.images.transfer.oci_layout import Blob, Packed, blob_of
from regalloc.images.transfer.spool import find_images, keep, spool


def raw_name(target: Target) -> str:
    """Return the name under which an image is built before it gets its own."""
    return f"{target.reference}-raw"


def normalise(target: Target, store: ImageStore, epoch: int, scratch: Path) -> None:
    """Turn the image that was built as ``raw_name(target)`` into the target's.

    Args:
        target: the image.
        store: where it is.
        epoch: seconds since 1970 that the configuration names.
        scratch: folder for temporary files, about the image's size on an engine that wants its
            layers again.

    Raises:
        ImageError: the engine does not give the image back whole, or does not take it.
        DiskError: the scratch folder or the engine's disk is full.
    """
    raw = raw_name(target)
    config = dated(store.read_config(raw), epoch)
    if not _take_in(target, store, config):
        _take_in_whole(target, store, config, scratch)
    if store.look_up(target.reference) is None:
        raise ImageError(
            f"docker did not take {target.reference} in", "", "see the docker daemon's log"
        )
    store.drop_name(raw)


def dated(config: dict[str, Any], epoch: int) -> bytes:
    """Return a configuration with one time in place of all others."""
    when = datetime.fromtimestamp(epoch, UTC).strftime("%Y-%m-%dT%H:%M:%SZ")
    steps = [{**step, "created": when} for step in config.get("history") or ()]
    return msgspec.json.encode({**config, "created": when, "history": steps}, order="sorted")


def _take_in(target: Target, store: ImageStore, config: bytes) -> bool:
    """Load the configuration alone, and return whether the engine finds the layers itself."""
    layers = tuple(Blob(digest, 0) for digest in _layers(config))
    archive = io.BytesIO()
    write_description((Packed(target.reference, blob_of(config), layers),), (config,), archive)
    archive.seek(0)
    try:
        store.load(archive, lambda event: None)
    except ImageError:
        return False
    return store.look_up(target.reference) is not None


def _take_in_whole(target: Target, store: ImageStore, config: bytes, scratch: Path) -> None:
    raw = raw_name(target)
    try:
        with TemporaryDirectory(prefix="normalise-", dir=scratch) as name:
            folder = Path(name)
            with store.save((raw,)) as stream:
                (built,) = find_images(spool(stream, folder), folder, (raw,))
            blob = keep(io.BytesIO(config), folder)
            image = replace(built, reference=target.reference, config=blob)
            archive = folder / "archive"
            with archive.open("wb") as file:
                write_archive((image,), folder, file)
            with archive.open("rb") as file:
                store.load(file, lambda event: None)
    except OSError as error:
        raise DiskError(
            f"{target.reference} could not be written",
            str(error),
            "free space, or put the cache elsewhere with REGALLOC_CACHE",
        ) from error


def _layers(config: bytes) -> tuple[str, ...]:
    return tuple(msgspec.json.decode(config)["rootfs"]["diff_ids"])
