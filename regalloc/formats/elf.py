"""Measure the code in an object file: ELF, 64 bits, little-endian, as all our targets are.

Source: the System V ABI's chapter on object files; ``elf.h``.
"""

from __future__ import annotations

import struct

_HEADER = struct.Struct("<16sHHIQQQIHHHHHH")
_SECTION = struct.Struct("<IIQQQQIIQQ")
_IDENT = b"\x7fELF\x02\x01"
_ALLOC_AND_EXECUTE = 0x2 | 0x4
_TYPE_WITHOUT_BYTES = 8


def measure_text(data: bytes) -> int:
    """Return the bytes of machine code in an object, over all its sections of code.

    An inline function lies in a section of its own, beside ``.text``.

    Raises:
        ValueError: the bytes are no such object.
    """
    try:
        header = _HEADER.unpack_from(data)
        if not data.startswith(_IDENT):
            raise ValueError("it is no ELF object of 64 bits")
        start, size, count = header[6], header[11], header[12]
        sections = [_SECTION.unpack_from(data, start + index * size) for index in range(count)]
    except (struct.error, OverflowError) as error:
        raise ValueError(f"it is truncated: {error}") from error
    return sum(_code_bytes(section) for section in sections)


def _code_bytes(section: tuple[int, ...]) -> int:
    _, kind, flags, _, _, size, *_ = section
    is_code = flags & _ALLOC_AND_EXECUTE == _ALLOC_AND_EXECUTE and kind != _TYPE_WITHOUT_BYTES
    return size if is_code else 0
