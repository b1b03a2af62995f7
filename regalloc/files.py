"""Files: hashed, written whole or not at all, and JSON in which every name survives."""

from __future__ import annotations

import hashlib
import json
import os
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import IO, Any

import msgspec

from regalloc.errors import DiskError

UNREADABLE = (OSError, ValueError, LookupError, TypeError, AttributeError, ArithmeticError)
"""What :func:`read_json` raises, and taking its content for something that it is not."""


def hash_file(path: Path) -> str:
    """Return the sha256 of a file's content, in hexadecimal."""
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


@contextmanager
def write_whole(path: Path) -> Iterator[IO[bytes]]:
    """Yield a file that takes its place when all of it is written, and is on the disk then.

    Raises:
        DiskError: it cannot be written; what was there before is still there.
    """
    partial = path.with_name(f"{path.name}.partial")
    try:
        with partial.open("wb") as file:
            yield file
            file.flush()
            os.fsync(file.fileno())
        partial.replace(path)
        _sync_folder(path.parent)
    except OSError as error:
        raise DiskError(f"{path} cannot be written", str(error), "free or repair it") from error
    finally:
        with suppress(OSError):
            partial.unlink(missing_ok=True)


def _sync_folder(folder: Path) -> None:
    descriptor = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)


def encode_struct(content: msgspec.Struct) -> bytes:
    """Return a struct as JSON with indents."""
    return msgspec.json.format(msgspec.json.encode(content), indent=1) + b"\n"


def write_json(path: Path, content: object, *, sort_keys: bool = False) -> None:
    """Write a JSON value with indents.

    It is ASCII with escapes: names that are not UTF-8 survive as lone surrogates.
    """
    text = json.dumps(content, indent=1, sort_keys=sort_keys)
    path.write_text(f"{text}\n", encoding="ascii")


def read_json(path: Path) -> Any:
    """Return the JSON value in a file; bytes that are not UTF-8 are lone surrogates.

    Raises:
        OSError: the file cannot be read.
        ValueError: it does not parse, or is nested too deeply to.
    """
    try:
        return json.loads(path.read_bytes().decode("utf-8", "surrogateescape"))
    except RecursionError as error:
        raise ValueError("it is nested too deeply") from error


def checked_number(value: Any) -> float:
    """Return a number that was read, not negative; it may be infinite.

    Raises:
        ValueError: it is another one, or none.
    """
    if isinstance(value, bool) or not isinstance(value, int | float) or not value >= 0:
        raise ValueError(f"{value!r} is no number from 0 on")
    return float(value)


def checked_count(value: Any) -> int:
    """Return a whole number that was read, not negative.

    Raises:
        ValueError: it is another one, or none.
    """
    if type(value) is not int or value < 0:
        raise ValueError(f"{value!r} is no whole number from 0 on")
    return value
