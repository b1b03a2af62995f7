"""JSON files with a version: written with indents, read by programs of the same version only."""

from __future__ import annotations

from pathlib import Path
from typing import TypeVar

import msgspec

from regalloc.errors import ManifestError

T = TypeVar("T", bound=msgspec.Struct)


class _Version(msgspec.Struct):
    version: int


def write(content: msgspec.Struct, path: Path) -> None:
    """Write a file; its content has the field ``version``."""
    path.write_bytes(msgspec.json.format(msgspec.json.encode(content), indent=1) + b"\n")


def read(path: Path, kind: type[T], version: int, name: str, task: str) -> T:
    """Read a file.

    Args:
        path: the file.
        kind: what it holds.
        version: of the layout that ``kind`` describes.
        name: what readers call it, with its verb.
        task: the task that writes it.

    Raises:
        ManifestError: the file is missing, damaged, or of another version.
    """
    resolution = f"run invoke {task} again"
    try:
        content = path.read_bytes()
        found = msgspec.json.decode(content, type=_Version).version
        if found == version:
            return msgspec.json.decode(content, type=kind)
    except (OSError, msgspec.MsgspecError) as error:
        noun = name.rpartition(" ")[0]
        raise ManifestError(f"{noun} cannot be read", f"{path}: {error}", resolution) from error
    raise ManifestError(
        f"{name} of version {found}, this program reads {version}", str(path), resolution
    )
