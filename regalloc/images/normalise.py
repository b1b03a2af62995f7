"""Gives a fresh build the same image ID wherever and whenever it was made.

BuildKit before 0.13, which Debian 12's engine has, stamps layers and configuration with the time
of the build, whatever SOURCE_DATE_EPOCH says.  So an image is built under a name of its own, read
back, and taken in again under its tag with no time later than the epoch.
"""

from __future__ import annotations

import io
import tarfile
from datetime import UTC, datetime
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import msgspec

from regalloc.engine.store import ImageStore
from regalloc.errors import DiskError, ImageError
from regalloc.files import hash_file
from regalloc.images.archive import write_archive
from regalloc.images.oci import Blob, Packed
from regalloc.images.spool import find_images, keep, spool
from regalloc.images.tree import Target

# Written by engines; what tar itself knows of a file stands in the header's own fields.
_TIMES = ("mtime", "atime", "ctime", "LIBARCHIVE.creationtime")


def raw_name(target: Target) -> str:
    """Return the name under which an image is built before it gets its own."""
    return f"{target.reference}-raw"


def normalise(target: Target, store: ImageStore, epoch: int, scratch: Path) -> None:
    """Turn the image that was built as ``raw_name(target)`` into the target's.

    Layers of the parent stay as they are; they were normalised with it.

    Args:
        target: the image, with its parent's reference.
        store: where both are.
        epoch: seconds since 1970; no later time is left.
        scratch: folder for temporary files, about twice the image's size.

    Raises:
        ImageError: the engine does not give the image back whole, or does not take it.
        DiskError: the scratch folder or the engine's disk is full.
    """
    try:
        with TemporaryDirectory(prefix="normalise-", dir=scratch) as name:
            archive = _rewrite(target, store, epoch, Path(name))
            with archive.open("rb") as file:
                store.load(file, lambda event: None)
    except OSError as error:
        raise DiskError(
            f"{target.reference} could not be written",
            str(error),
            "free space, or put the cache elsewhere with REGALLOC_CACHE",
        ) from error
    if store.look_up(target.reference) is None:
        raise ImageError(
            f"docker did not take {target.reference} in", "", "see the docker daemon's log"
        )
    store.drop_name(raw_name(target))


def _rewrite(target: Target, store: ImageStore, epoch: int, folder: Path) -> Path:
    raw = raw_name(target)
    parent = store.look_up(target.parent) if target.parent else None
    kept = parent.layers if parent else ()
    with store.save((raw,)) as stream:
        (built,) = find_images(spool(stream, folder), folder, (raw,))
    layers = tuple(
        layer if layer.digest in kept else clamp_layer(layer, folder, epoch)
        for layer in built.layers
    )
    config = _rewrite_config(built.config, layers, folder, epoch)
    archive = folder / "archive"
    with archive.open("wb") as file:
        write_archive((Packed(target.reference, config, layers),), folder, file)
    return archive


def clamp_layer(layer: Blob, folder: Path, epoch: int) -> Blob:
    """Write a spooled layer anew with no time later than the epoch, and return it."""
    draft = folder / "layer"
    with (
        tarfile.open(folder / layer.digest.removeprefix("sha256:"), "r:") as before,
        tarfile.open(draft, "w:", format=tarfile.PAX_FORMAT) as after,
    ):
        for member in before:
            content = before.extractfile(member) if member.isreg() else None
            after.addfile(_clamped(member, epoch), content)
    blob = Blob(f"sha256:{hash_file(draft)}", draft.stat().st_size)
    draft.rename(folder / blob.digest.removeprefix("sha256:"))
    return blob


def _clamped(member: tarfile.TarInfo, epoch: int) -> tarfile.TarInfo:
    member.mtime = min(int(member.mtime), epoch)
    member.pax_headers = {k: v for k, v in member.pax_headers.items() if k not in _TIMES}
    return member


def _rewrite_config(config: Blob, layers: tuple[Blob, ...], folder: Path, epoch: int) -> Blob:
    content: dict[str, Any] = msgspec.json.decode(
        (folder / config.digest.removeprefix("sha256:")).read_bytes()
    )
    when = datetime.fromtimestamp(epoch, UTC).strftime("%Y-%m-%dT%H:%M:%SZ")
    content["created"] = when
    for entry in content.get("history") or ():
        entry["created"] = when
    content["rootfs"]["diff_ids"] = [layer.digest for layer in layers]
    return keep(io.BytesIO(msgspec.json.encode(content, order="sorted")), folder)
