"""Manifests: what a finished stage read, wrote and ran with."""

from __future__ import annotations

import hashlib
import os
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import TypeVar

import msgspec

from regalloc.errors import ManifestError
from regalloc.files import encode_struct, hash_file, write_whole
from regalloc.layout import EVENTS, MANIFEST, REPLAY_TIMES, STARTED

T = TypeVar("T")
_UNHASHED = (MANIFEST, STARTED, EVENTS, REPLAY_TIMES)
"""What differs between equal runs, besides the records themselves."""


class Manifest(msgspec.Struct, frozen=True, forbid_unknown_fields=True, kw_only=True):
    """The record of one finished stage.

    Attributes:
        stage: the stage's name.
        key: hash of everything that decides the result.
        images: image name to reference.
        image_ids: image name to the ID it had.
        engine: the engine, in words.
        argv: the stage and its flags.
        gin: the operative bindings, one a line.
        versions: package name to version.
        seed: source of every random choice.
        reads: folder to the digest of what its stage wrote.
        writes: relative path to sha256; a link is hashed by its target.
        sizes: relative path to size in bytes.
        duration_s: how long the stage took; no part of the key.
        created: when it ended, UTC.
    """

    stage: str
    key: str
    images: dict[str, str]
    image_ids: dict[str, str]
    engine: str
    argv: tuple[str, ...]
    gin: str
    versions: dict[str, str]
    seed: int
    reads: dict[str, str]
    writes: dict[str, str]
    sizes: dict[str, int]
    duration_s: float
    created: str

    @property
    def digest(self) -> str:
        """Return one hash over everything the stage wrote."""
        return digest_writes(self.writes)


class Started(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """The mark of a stage that began; without a manifest beside it, it did not end."""

    key: str


def digest_writes(writes: Mapping[str, str]) -> str:
    """Return one hash over paths and their hashes, in sorted order."""
    digest = hashlib.sha256()
    for path, value in sorted(writes.items()):
        digest.update(f"{path}\0{value}\0".encode())
    return digest.hexdigest()


def list_outputs(folder: Path) -> Iterator[str]:
    """Yield the relative paths of a stage's files and links, sorted within each folder."""
    for entry in sorted(os.scandir(folder), key=lambda entry: entry.name):
        if entry.name not in _UNHASHED:
            yield from _walk(entry, entry.name)


def _walk(entry: os.DirEntry[str], path: str) -> Iterator[str]:
    if not entry.is_dir(follow_symlinks=False):
        yield path
        return
    for child in sorted(os.scandir(entry.path), key=lambda child: child.name):
        yield from _walk(child, f"{path}/{child.name}")


def hash_outputs(folder: Path) -> dict[str, str]:
    """Return relative path to sha256 for every file and link of a stage's folder."""
    return {path: hash_path(folder / path) for path in list_outputs(folder)}


def measure_outputs(folder: Path) -> dict[str, int]:
    """Return relative path to size in bytes for every file and link of a stage's folder."""
    return {path: (folder / path).lstat().st_size for path in list_outputs(folder)}


def hash_path(path: Path) -> str:
    """Return the sha256 of a file's content, or of a link's target."""
    if path.is_symlink():
        return hashlib.sha256(f"link:{path.readlink()}".encode()).hexdigest()
    return hash_file(path)


def find_damage(folder: Path, manifest: Manifest, rehash: bool = False) -> str:
    """Return what is wrong with a finished stage's files in words, or an empty string.

    Sizes are compared always, contents only when `rehash` is set.
    """
    for path, size in manifest.sizes.items():
        try:
            found = (folder / path).lstat().st_size
        except FileNotFoundError:
            return f"output file {path} is missing"
        if found != size or (rehash and hash_path(folder / path) != manifest.writes[path]):
            return f"output file {path} was changed"
    return ""


def write_manifest(folder: Path, manifest: Manifest) -> None:
    """Write a folder's manifest, whole or not at all.

    Raises:
        DiskError: the disk is full or not writable.
    """
    with write_whole(folder / MANIFEST) as file:
        file.write(encode_struct(manifest))


def write_started(folder: Path, key: str) -> None:
    """Mark a folder as begun under a key.

    Raises:
        DiskError: the disk is full or not writable.
    """
    with write_whole(folder / STARTED) as file:
        file.write(msgspec.json.encode(Started(key)))


def read_manifest(folder: Path) -> Manifest | None:
    """Return a folder's manifest, or None when the stage has not finished.

    Raises:
        ManifestError: there is one, and it does not parse.
    """
    return _read(folder / MANIFEST, Manifest)


def read_started(folder: Path) -> str | None:
    """Return the key of the stage that began in a folder, or None.

    Raises:
        ManifestError: the mark does not parse.
    """
    started = _read(folder / STARTED, Started)
    return started.key if started else None


def require_empty(folder: Path) -> None:
    """Check that a folder without records holds nothing, or is not there.

    A stage cleans its folder; what no stage of ours wrote is not ours to delete.

    Raises:
        ManifestError: it holds files.
    """
    if folder.is_dir() and any(folder.iterdir()):
        raise ManifestError(
            f"{folder} holds files, but no stage wrote them",
            "it has neither manifest.json nor started.json",
            "move them away, or choose another folder with --run",
        )


def _read(path: Path, kind: type[T]) -> T | None:
    try:
        return msgspec.json.decode(path.read_bytes(), type=kind)
    except FileNotFoundError:
        return None
    except (msgspec.DecodeError, UnicodeDecodeError, OSError) as error:
        raise ManifestError(
            f"{path} does not parse",
            str(error),
            f"nothing is run over it: look at it, then remove {path.parent} to run the stage again",
        ) from error
