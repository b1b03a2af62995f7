"""Checks an archive of images to the last byte before anything else reads it."""

from __future__ import annotations

import hashlib
import re
import tarfile
from dataclasses import dataclass, field
from pathlib import Path
from typing import IO, TYPE_CHECKING, TypeVar, cast

import msgspec

from regalloc.errors import DiskError, ImageError
from regalloc.images.transfer.image_identity import misnamed
from regalloc.images.transfer.oci_layout import (
    CONFIG_TYPE,
    DOCKER_MANIFEST,
    INDEX,
    LAYER_TYPE,
    LAYOUT,
    LAYOUT_CONTENT,
    MANIFEST_TYPE,
    REF_NAME,
    Blob,
    Config,
    Descriptor,
    DockerEntry,
    ImageManifest,
    Index,
    Packed,
    blob_path,
    docker_entries,
)

if TYPE_CHECKING:
    from io import BufferedReader

T = TypeVar("T")

_SMALL = 1 << 22
"""Bytes that a file may have at most to be read into memory."""

_DESCRIBING = (LAYOUT, INDEX, DOCKER_MANIFEST)
_BLOB = re.compile(r"blobs/sha256/[0-9a-f]{64}")
_REFERENCE = re.compile(r"regalloc-[a-z0-9-]+:[A-Za-z0-9_][A-Za-z0-9_.-]{0,127}")
_COMPRESSED = {b"\x1f\x8b": "gunzip", b"\x28\xb5\x2f\xfd": "unzstd", b"\xfd7zXZ": "unxz"}


@dataclass(frozen=True)
class Archived:
    """An image in a checked archive.

    Attributes:
        reference: `regalloc-<name>:<tag>`.
        image_id: digest of its configuration.
        manifest_digest: digest of its OCI manifest.
    """

    reference: str
    image_id: str
    manifest_digest: str


@dataclass(frozen=True)
class _Content:
    """What is in an archive.

    Attributes:
        file: the archive.
        places: where each file begins in it, and its size, both in bytes.
    """

    file: IO[bytes]
    places: dict[str, tuple[int, int]] = field(default_factory=dict)

    def size(self, name: str) -> int | None:
        """Return the size of a file, None when there is none of that name."""
        return self.places[name][1] if name in self.places else None

    def decode(self, name: str, kind: type[T]) -> T:
        """Return what a JSON file says."""
        try:
            return msgspec.json.decode(self.small(name), type=kind)
        except (msgspec.MsgspecError, UnicodeDecodeError) as error:
            raise _FlawError(f"{name} cannot be read: {error}") from error

    def small(self, name: str) -> bytes:
        """Return a file's content."""
        if name not in self.places:
            raise _FlawError(f"{name} is missing")
        offset, size = self.places[name]
        if size > _SMALL:
            raise _FlawError(f"{name} has {size} bytes, more than {_SMALL}")
        self.file.seek(offset)
        return self.file.read(size)


class _FlawError(Exception):
    """What is wrong with an archive, in words."""


def check_archive(file: IO[bytes], path: Path) -> tuple[Archived, ...]:
    """Return the images of an archive that is whole and holds what it says.

    Raises:
        ImageError: it is truncated or damaged, or somebody else's; the message names the blob.
        DiskError: it cannot be read.
    """
    _require_tar(file, path)
    try:
        content = _read(file)
        return _images(content)
    except _FlawError as flaw:
        raise ImageError(
            f"{path} is no whole archive of images; nothing was loaded",
            str(flaw),
            "copy or make it again: invoke save",
        ) from flaw
    except OSError as error:
        raise DiskError(f"{path} cannot be read", str(error), "check the disk") from error


def _require_tar(file: IO[bytes], path: Path) -> None:
    head = file.read(8)
    file.seek(0)
    for magic, tool in _COMPRESSED.items():
        if head.startswith(magic):
            raise ImageError(f"{path} is compressed", "", f"take the compression off first: {tool}")


def _read(file: IO[bytes]) -> _Content:
    content = _Content(file)
    try:
        with tarfile.open(fileobj=file, mode="r:") as tar:
            for member in tar:
                _read_member(tar, member, content)
    # Python's reader lets a few errors of what it parses through.
    except (tarfile.TarError, ValueError) as error:
        after = f" after {list(content.places)[-1]}" if content.places else ""
        raise _FlawError(f"it is no tar, or ends early{after}: {error}") from error
    return content


def _read_member(tar: tarfile.TarFile, member: tarfile.TarInfo, content: _Content) -> None:
    name = member.name
    plain = member.isreg() and not member.issparse()
    stream = tar.extractfile(member) if plain else None
    if stream is None or not (name in _DESCRIBING or _BLOB.fullmatch(name)):
        raise _FlawError(f"{name!r} does not belong into it")
    if name in content.places:
        raise _FlawError(f"{name} is in it twice")
    try:
        found = hashlib.file_digest(cast("BufferedReader", stream), "sha256").hexdigest()
    except tarfile.ReadError as error:
        raise _FlawError(f"it ends in the middle of {name}") from error
    if name not in _DESCRIBING and name != blob_path(f"sha256:{found}"):
        raise _FlawError(f"{name} is damaged: its content has sha256 {found}")
    content.places[name] = (member.offset_data, member.size)


def _images(content: _Content) -> tuple[Archived, ...]:
    if (layout := content.small(LAYOUT)) != LAYOUT_CONTENT:
        raise _FlawError(f"{LAYOUT} is of another version: {layout[:100]!r}")
    described = content.decode(INDEX, Index).manifests
    packed = [_packed(manifest, content) for manifest in described]
    if not packed:
        raise _FlawError("there is no image in it")
    if len({image.reference for image in packed}) != len(packed):
        raise _FlawError(f"{INDEX} gives two images one name")
    # Docker goes by this file, so it must say what was checked.
    said = content.decode(DOCKER_MANIFEST, tuple[DockerEntry, ...])
    if said != docker_entries(packed):
        raise _FlawError(f"{DOCKER_MANIFEST} and {INDEX} disagree")
    return tuple(
        Archived(image.reference, image.config.digest, manifest.digest)
        for image, manifest in zip(packed, described, strict=True)
    )


def _packed(described: Descriptor, content: _Content) -> Packed:
    reference = described.annotations.get(REF_NAME, "")
    if not _REFERENCE.fullmatch(reference):
        raise _FlawError(f"{INDEX} names an image that is none of ours: {reference!r}")
    _require(described, MANIFEST_TYPE, reference, content)
    manifest = content.decode(blob_path(described.digest), ImageManifest)
    for layer in manifest.layers:
        _require(layer, LAYER_TYPE, reference, content)
    _require(manifest.config, CONFIG_TYPE, reference, content)
    config = content.decode(blob_path(manifest.config.digest), Config)
    if config.rootfs.diff_ids != tuple(layer.digest for layer in manifest.layers):
        raise _FlawError(f"the layers of {reference} are not those that its configuration names")
    if reason := misnamed(config.config.labels or {}, reference):
        raise _FlawError(f"{reference} is not what its name says: {reason}")
    return Packed(reference, manifest.config.blob, tuple(layer.blob for layer in manifest.layers))


def _require(described: Descriptor, media_type: str, reference: str, content: _Content) -> None:
    if described.media_type != media_type:
        raise _FlawError(f"{described.digest} is of type {described.media_type}, not {media_type}")
    blob: Blob = described.blob
    size = content.size(blob.path)
    if size is None:
        raise _FlawError(f"blob {blob.digest} of {reference} is missing")
    if size != blob.size:
        raise _FlawError(f"blob {blob.digest} of {reference} has {size} bytes, not {blob.size}")
