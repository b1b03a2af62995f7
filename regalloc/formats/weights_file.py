"""The weights file: a policy for the compiler's own evaluator.  Without TensorFlow.

A prelude of 24 bytes, a JSON header, and arrays, little-endian; docs/formats.md describes it.
Equal content gives equal bytes.
"""

from __future__ import annotations

import json
import math
import struct
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any
from zlib import crc32

import numpy as np
import numpy.typing as npt

from regalloc.errors import PolicyError
from regalloc.files import UNREADABLE, checked_count

Array = npt.NDArray[Any]

MAGIC = b"REGALLOC"
VERSION = 1
ALIGNMENT = 64
"""Header and arrays begin at multiples of it, so that the compiler reads them where they are."""

PRELUDE = struct.Struct("<8sIIQ")
"""Magic, version, CRC-32 of all that follows the prelude, bytes of the header."""

TYPES = {"float": "<f4", "double": "<f8", "int32_t": "<i4"}
"""LLVM's name of each element type that arrays may have, and numpy's."""

_NAMES = {np.dtype(code): name for name, code in TYPES.items()}


@dataclass(frozen=True, eq=False)
class WeightsFile:
    """What a weights file says.

    Attributes:
        fields: the header, without the table of arrays.
        arrays: by name.
    """

    fields: Mapping[str, Any]
    arrays: Mapping[str, Array]


def pack(file: WeightsFile) -> bytes:
    """Return the bytes of a weights file.

    Raises:
        KeyError: an array is of a type that the format has not.
    """
    table: dict[str, Any] = {}
    data = bytearray()
    for name, array in file.arrays.items():
        kind = _NAMES[array.dtype.newbyteorder("<")]
        table[name] = {"type": kind, "shape": list(array.shape), "offset": len(data)}
        data += _pad(array.astype(TYPES[kind]).tobytes(), 0)
    header = json.dumps({**file.fields, "arrays": table}, separators=(",", ":")).encode()
    body = _pad(header, PRELUDE.size, b" ") + data
    return PRELUDE.pack(MAGIC, VERSION, crc32(body), len(body) - len(data)) + body


def unpack(content: bytes) -> WeightsFile:
    """Read the bytes of a weights file.

    Raises:
        PolicyError: it is none, of another version, cut off or altered, or its header does not fit.
    """
    if len(content) < PRELUDE.size or not content.startswith(MAGIC):
        raise _unusable("it does not begin as a weights file does")
    _, version, checksum, size = PRELUDE.unpack_from(content)
    if version != VERSION:
        raise _unusable(f"it is of version {version}, and this is for version {VERSION}")
    body = memoryview(content)[PRELUDE.size :]
    if size > len(body) or crc32(body) != checksum:
        raise _unusable("it is cut off or altered: its checksum is wrong")
    try:
        fields = json.loads(bytes(body[:size]))
        table = fields.pop("arrays")
        arrays = {name: _read(body[size:], **entry) for name, entry in table.items()}
    except (*UNREADABLE, RecursionError) as error:
        raise _unusable(f"its header does not fit: {error}") from error
    return WeightsFile(fields, arrays)


def _read(data: memoryview, type: str, shape: list[int], offset: int) -> Array:  # noqa: A002
    count = math.prod(checked_count(size) for size in shape)
    checked_count(offset)
    return np.frombuffer(data, TYPES[type], count, offset).reshape(shape)


def _pad(content: bytes, before: int, filler: bytes = b"\0") -> bytes:
    """Fill up so that what follows is aligned, with ``before`` bytes in front of the content."""
    return content + filler * (-(before + len(content)) % ALIGNMENT)


def _unusable(details: str) -> PolicyError:
    return PolicyError("a weights file cannot be used", details, "export the policy again")
