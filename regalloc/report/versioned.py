"""JSON files with a version: written with indents, read by programs of the same version only."""

from __future__ import annotations

from dataclasses import dataclass
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
    """

    kind: type[T]
    version: int
    name: str
    task: str

    def write(self, content: T, path: Path) -> None:
        """Write a file as indented JSON."""
        path.write_bytes(encode_struct(content))

    def read(self, path: Path) -> T:
        """Read a file.

        Raises:
            ManifestError: the file is missing, damaged, or of another version.
        """
        resolution = f"run invoke {self.task} again"
        try:
            content = path.read_bytes()
            found = msgspec.json.decode(content, type=_Version).version
            if found == self.version:
                return msgspec.json.decode(content, type=self.kind)
        except (OSError, msgspec.MsgspecError) as error:
            noun = self.name.rpartition(" ")[0]
            raise ManifestError(f"{noun} cannot be read", f"{path}: {error}", resolution) from error
        raise ManifestError(
            f"{self.name} of version {found}, this program reads {self.version}",
            str(path),
            resolution,
        )
