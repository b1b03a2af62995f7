"""The code that a compile generated: its size, its hash, and the spill code in its functions."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from hashlib import sha256
from pathlib import Path

from regalloc.formats.elf import measure_text
from regalloc.formats.remarks import SpillCode, read_remarks


@dataclass(frozen=True)
class GeneratedCode:
    """The code that a compile generated.

    Attributes:
        text_bytes: size of its machine code.
        sha256: of the whole object.
        spill_code: of each function that has some, by its name.
    """

    text_bytes: int
    sha256: str
    spill_code: Mapping[str, SpillCode]


def read_code(path: Path, remarks: Path) -> GeneratedCode:
    """Measure an object and read the allocator's remarks about it.

    Raises:
        ValueError: one of the files is missing or damaged.
    """
    try:
        content = path.read_bytes()
        return GeneratedCode(
            measure_text(content), sha256(content).hexdigest(), read_remarks(remarks)
        )
    except FileNotFoundError as error:
        raise ValueError(f"{Path(error.filename).name} was not written") from error
