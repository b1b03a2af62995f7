"""JSON files with a version: written with indents, read as long as their version is known."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Generic, TypeVar

import msgspec

from regalloc.errors import ManifestError
from regalloc.files import encode_struct

T = TypeVar("T", bound=msgspec.Struct)


class _Version(msgspec.Struct):
    version: int


@dataclass(frozen=True)
class Format(Generic[T]):
    """What a file holds, and who writes it.

    Attributes:
        kind: its content; it has the field ``version``.
        version: of the layout that ``kind`` describes.
        name: what readers call the file, with its verb.
        task: the task that writes it.
        older: what makes the same of a file of an earlier version, by that.
    """

    kind: type[T]
    version: int
    name: str
    task: str
    older: Mapping[int, Callable[[bytes], T]] = field(default_factory=dict)

    def write(self, content: T, path: Path) -> None:
        """Write a file as indented JSON."""
        path.write_bytes(encode_struct(content))

    def read(self, path: Path) -> T:
        """Read a file.

        Raises:
            ManifestError: the file is missing, damaged, or of a version that is not known.
        """
        resolution = f"run invoke {self.task} again"
        try:
            content = path.read_bytes()
            found = msgspec.json.decode(content, type=_Version).version
            if found == self.version:
                return msgspec.json.decode(content, type=self.kind)
            if found in self.older:
                return self.older[found](content)
        # A text that is no UTF-8 is a ValueError, and what is nested too deeply its own.
        except (OSError, ValueError, msgspec.MsgspecError, RecursionError) as error:
            noun = self.name.rpartition(" ")[0]
            raise ManifestError(f"{noun} cannot be read", f"{path}: {error}", resolution) from error
        raise ManifestError(
            f"{self.name} of version {found}, this program reads {self.version}",
            str(path),
            resolution,
        )
