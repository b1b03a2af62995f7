"""Takes a `docker save` stream apart into files that go by the hash of their content."""

from __future__ import annotations

import gzip
import hashlib
import posixpath
import tarfile
import zlib
from collections.abc import Mapping
from pathlib import Path
from typing import IO, cast

import msgspec

from regalloc.errors import ImageError
from regalloc.images.transfer.oci_layout import DOCKER_MANIFEST, Blob, Config, DockerEntry, Packed

_CHUNK = 1 << 20
_GZIP = b"\x1f\x8b"
_UNREADABLE = (
    KeyError,
    msgspec.MsgspecError,
    UnicodeDecodeError,
    EOFError,
    zlib.error,
    gzip.BadGzipFile,
)


def spool(stream: IO[bytes], folder: Path) -> dict[str, Blob]:
    """Write every file of a stream to `folder/<sha256>`, the same content once.

    Returns:
        The blob of each path in the stream, links followed.

    Raises:
        ImageError: the stream ends early or is no tar.
    """
    files: dict[str, Blob] = {}
    links: dict[str, str] = {}
    try:
        with tarfile.open(fileobj=stream, mode="r|") as tar:
            for member in tar:
                if member.issym():
                    links[member.name] = _beside(member.name, member.linkname)
                elif member.islnk():
                    links[member.name] = member.linkname
                elif content := tar.extractfile(member):
                    files[member.name] = keep(content, folder)
    except tarfile.TarError as error:
        raise ImageError(
            "docker's stream of the images ended early", str(error), "run the same command again"
        ) from error
    return files | {name: files[target] for name, target in links.items() if target in files}


def _beside(name: str, link: str) -> str:
    return posixpath.normpath(posixpath.join(posixpath.dirname(name), link))


def keep(content: IO[bytes], folder: Path) -> Blob:
    """Write some content to `folder/<sha256>`."""
    digest, size = hashlib.sha256(), 0
    partial = folder / "partial"
    with partial.open("wb") as file:
        while chunk := content.read(_CHUNK):
            digest.update(chunk)
            size += file.write(chunk)
    partial.rename(folder / digest.hexdigest())
    return Blob(f"sha256:{digest.hexdigest()}", size)


def find_images(
    files: Mapping[str, Blob], folder: Path, references: tuple[str, ...]
) -> tuple[Packed, ...]:
    """Return the images of a spooled stream, in the order of the references.

    Raises:
        ImageError: the stream lacks one of them, or a part of one.
    """
    try:
        manifest = _read(folder, files[DOCKER_MANIFEST])
        entries = msgspec.json.decode(manifest, type=tuple[DockerEntry, ...])
        named = {tag: entry for entry in entries for tag in entry.repo_tags or ()}
        return tuple(_image(named[name], name, files, folder) for name in references)
    except _UNREADABLE as error:
        raise ImageError(
            "docker saved something else than the images", str(error), "see the daemon's log"
        ) from error


def _image(entry: DockerEntry, name: str, files: Mapping[str, Blob], folder: Path) -> Packed:
    config = files[entry.config]
    said = msgspec.json.decode(_read(folder, config), type=Config).rootfs.diff_ids
    layers = tuple(_uncompressed(files[path], folder) for path in entry.layers)
    found = tuple(layer.digest for layer in layers)
    if found != said:
        wrong = [digest for digest in said if digest not in found] or ["in another order"]
        raise ImageError(
            f"docker does not give {name} back as it was",
            f"layers that have another content now: {', '.join(wrong)}",
            f"docker image rm {name}, then build or pull it again",
        )
    return Packed(name, config, layers)


def _uncompressed(layer: Blob, folder: Path) -> Blob:
    """Return a layer as it was before a registry or containerd's store compressed it."""
    path = folder / layer.digest.removeprefix("sha256:")
    with path.open("rb") as file:
        if file.read(len(_GZIP)) != _GZIP:
            return layer
    with gzip.open(path) as content:
        return keep(cast("IO[bytes]", content), folder)


def _read(folder: Path, blob: Blob) -> bytes:
    return (folder / blob.digest.removeprefix("sha256:")).read_bytes()
