"""Manifests: what a finished stage read, wrote and ran with."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping
from contextlib import suppress
from pathlib import Path
from typing import TypeVar

import msgspec

from regalloc.errors import DiskError, ManifestError, OutputError
from regalloc.files import UNREADABLE, encode_struct, read_json, write_whole
from regalloc.layout import EVENTS, FAILURE, MANIFEST, MARKS, RECORDS, REPLAY_TIMES, STARTED
from regalloc.pipeline.outputs import Output, hash_output, remove_tree, walk_outputs

T = TypeVar("T")
_UNHASHED = (EVENTS, REPLAY_TIMES)
"""What differs between equal runs."""


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


class StageFailure(msgspec.Struct, frozen=True, forbid_unknown_fields=True, kw_only=True):
    """How a stage ended that did not end well.

    Attributes:
        error: what was wrong, in a line.
        exit_code: of the project's errors, the one that it ended with.
        stopped: whether somebody asked it to stop.
        memory_mb: the memory that it was given, in MiB.
        ended: when, UTC.
    """

    error: str
    exit_code: int
    stopped: bool
    memory_mb: int
    ended: str

    def describe(self) -> str:
        """Return it in a few words."""
        return "was stopped" if self.stopped else f"failed ({self.error})"


def digest_writes(writes: Mapping[str, str]) -> str:
    """Return one hash over paths and their hashes, in sorted order."""
    digest = hashlib.sha256()
    for path, value in sorted(writes.items()):
        digest.update(f"{path}\0{value}\0".encode())
    return digest.hexdigest()


def look_at_outputs(folder: Path, hashed: bool = True) -> dict[str, Output]:
    """Return what a stage wrote that decides results, by relative path.

    Raises:
        OutputError: its folder holds what no result may hold.
        DiskError: it cannot be read.
    """
    return walk_outputs(folder, hashed, _UNHASHED)


def hash_outputs(folder: Path) -> dict[str, str]:
    """Return relative path to sha256 for every file and link of a stage's folder.

    Raises:
        OutputError: it holds what no result may hold.
        DiskError: it cannot be read.
    """
    return {path: output.sha256 for path, output in look_at_outputs(folder).items()}


def find_damage(folder: Path, manifest: Manifest, rehash: bool = False) -> str:
    """Return what is wrong with a finished stage's files in words, or an empty string.

    Contents are compared where the file system does not say that a file is the one that was
    recorded, as of a run that was copied, and everywhere when `rehash` is set.
    """
    if not folder.exists():
        return "its folder is missing"
    try:
        found = look_at_outputs(folder, hashed=rehash)
        marks = _read_marks(folder)
        for path, size in manifest.sizes.items():
            output = found.pop(path, None)
            if output is None:
                return f"output file {path} is missing"
            known = not rehash and marks.get(path) == output.mark
            sha256 = output.sha256 or (
                "" if known or output.size != size else hash_output(folder, path)
            )
            if output.size != size or not (known or sha256 == manifest.writes[path]):
                return f"output file {path} was changed"
    except (OutputError, DiskError) as error:
        return f"{error.brief}: {error.details}"
    except OSError as error:
        return f"an output file cannot be read: {error}"
    return f"file {next(iter(found))} was added" if found else ""


def write_marks(folder: Path, outputs: Mapping[str, Output]) -> None:
    """Record what the file system says of the files whose hashes the manifest has.

    Raises:
        DiskError: the disk is full or not writable.
    """
    marks = {path: output.mark for path, output in outputs.items()}
    _write(record_of(folder, MARKS), json.dumps(marks).encode("ascii"))


def _read_marks(folder: Path) -> dict[str, str]:
    """Return the marks of a folder's files; without a record all contents are compared."""
    try:
        return dict(read_json(record_of(folder, MARKS)))
    except UNREADABLE:
        return {}


def record_of(folder: Path, name: str) -> Path:
    """Return where a record of a stage's folder lies: beside the folder, where no stage can write.

    Args:
        folder: the stage's.
        name: the record's.
    """
    return folder.parent / RECORDS / folder.name / name


def write_manifest(folder: Path, manifest: Manifest) -> None:
    """Write a folder's manifest, whole or not at all.

    Raises:
        DiskError: the disk is full or not writable.
    """
    _write(record_of(folder, MANIFEST), encode_struct(manifest))


def write_started(folder: Path, key: str) -> None:
    """Mark a folder as begun under a key; how it ended before is forgotten.

    Raises:
        DiskError: the disk is full or not writable.
    """
    with suppress(OSError):
        record_of(folder, FAILURE).unlink(missing_ok=True)
    _write(record_of(folder, STARTED), msgspec.json.encode(Started(key)))


def move_records(folder: Path, target: Path) -> None:
    """Have the records of a folder be those of the folder that it was moved to.

    Raises:
        OSError: they cannot be moved.
    """
    moved = record_of(target, MANIFEST).parent
    remove_tree(moved)
    record_of(folder, MANIFEST).parent.rename(moved)


def remove_manifest(folder: Path) -> None:
    """Have a folder count as unfinished.

    Raises:
        OSError: its manifest cannot be removed.
    """
    record_of(folder, MANIFEST).unlink(missing_ok=True)


def export_manifest(manifest: Manifest, folder: Path) -> None:
    """Write a manifest into a folder that leaves its run, beside what it is about.

    Raises:
        DiskError: the disk is full or not writable.
    """
    _write(folder / MANIFEST, encode_struct(manifest))


def read_exported(folder: Path) -> Manifest | None:
    """Return the manifest in a folder that left its run, or None where there is none.

    Raises:
        ManifestError: there is one, and it does not parse.
    """
    return _read(folder / MANIFEST, Manifest)


def read_manifest(folder: Path) -> Manifest | None:
    """Return a folder's manifest, or None when the stage has not finished.

    Raises:
        ManifestError: there is one, and it does not parse.
    """
    return _read(record_of(folder, MANIFEST), Manifest)


def read_started(folder: Path) -> str | None:
    """Return the key of the stage that began in a folder, or None.

    Raises:
        ManifestError: the mark does not parse.
    """
    started = _read(record_of(folder, STARTED), Started)
    return started.key if started else None


def write_failure(folder: Path, failure: StageFailure) -> None:
    """Record how a stage ended that did not end well.

    Raises:
        DiskError: the disk is full or not writable.
    """
    _write(record_of(folder, FAILURE), encode_struct(failure))


def read_failure(folder: Path) -> StageFailure | None:
    """Return how a folder's stage ended, or None where it ended well, or outright.

    Raises:
        ManifestError: the record does not parse.
    """
    return _read(record_of(folder, FAILURE), StageFailure)


def require_empty(folder: Path) -> None:
    """Check that a folder without records holds nothing, or is not there.

    A stage cleans its folder; what no stage of ours wrote is not ours to delete.

    Raises:
        ManifestError: it holds files.
    """
    if folder.is_dir() and any(folder.iterdir()):
        raise ManifestError(
            f"{folder} holds files, but no stage wrote them",
            f"there is no record of it in {record_of(folder, MANIFEST).parent}",
            "move them away, or choose another folder with --run",
        )


def _write(path: Path, content: bytes) -> None:
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise DiskError(f"{path} cannot be written", str(error), "free or repair it") from error
    with write_whole(path) as file:
        file.write(content)


def _read(path: Path, kind: type[T]) -> T | None:
    try:
        return msgspec.json.decode(path.read_bytes(), type=kind)
    except FileNotFoundError:
        return None
    except (msgspec.DecodeError, UnicodeDecodeError, OSError) as error:
        raise ManifestError(
            f"{path} does not parse",
            str(error),
            f"nothing is run over it: look at it, then remove {path} to run the stage again",
        ) from error
