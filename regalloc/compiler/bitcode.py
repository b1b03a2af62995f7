"""Which LLVM wrote a bitcode file, read from the identification block that opens it.

Only as much of the bitstream is read as lies before that string: a block's header, definitions of
abbreviations, and one record.

Source: https://llvm.org/docs/BitCodeFormat.html, ``writeIdentificationBlock`` in
``llvm/lib/Bitcode/Writer/BitcodeWriter.cpp``.
"""

from __future__ import annotations

import re
from collections.abc import Iterator

RAW_MAGIC = b"BC\xc0\xde"
WRAPPER_MAGIC = b"\xde\xc0\x17\x0b"

HEAD_BYTES = 4096
"""The identification block lies within the first bytes of a file, wrapped or not."""

_OFFSET = slice(8, 12)
"""Where a wrapper says at which byte the bitcode begins."""

_ENTER_BLOCK, _DEFINE_ABBREVIATION, _UNABBREVIATED = 1, 2, 3
_FIRST_ABBREVIATION = 4
_IDENTIFICATION_BLOCK = 13
_PRODUCER_RECORD = 1
_CHAR6 = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789._"
_VERSION = re.compile(r"LLVM ?(\d+\.\d+\.\d+)")


def is_bitcode(data: bytes) -> bool:
    """Tell whether data begins as LLVM bitcode does, raw or wrapped."""
    return data.startswith((RAW_MAGIC, WRAPPER_MAGIC))


def read_producer(head: bytes) -> str:
    """Return what wrote bitcode: LLVM's version, ``19.1.7``, or else what the bitcode names.

    What a vendor appended to LLVM's version is left out.  Bitcode that names nothing, as LLVM 3
    wrote it, gives ``unknown``.

    Args:
        head: the first ``HEAD_BYTES`` of a file.
    """
    try:
        producer = _read_producer(_Bits(_unwrap(head)))
    except ValueError:
        return "unknown"
    found = _VERSION.match(producer)
    return found[1] if found else producer or "unknown"


class _Bits:
    """A cursor over a bitstream: the lowest bit of a byte comes first."""

    def __init__(self, data: bytes) -> None:
        self._value = int.from_bytes(data, "little")
        self._size = 8 * len(data)
        self._position = 0

    def fixed(self, width: int) -> int:
        """Return a number of so many bits."""
        start, self._position = self._position, self._position + width
        if self._position > self._size:
            raise ValueError("the bitstream ends too early")
        return self._value >> start & (1 << width) - 1

    def variable(self, width: int) -> int:
        """Return a number in chunks of so many bits, whose highest says that another follows."""
        more = 1 << width - 1
        value = shift = 0
        while True:
            chunk = self.fixed(width)
            value |= (chunk & more - 1) << shift
            if not chunk & more:
                return value
            shift += width - 1

    def align(self) -> None:
        """Go on to the next multiple of 32 bits."""
        self._position += -self._position % 32


_Operand = tuple[str, int]
"""How an operand is written (literal, fixed, variable, array, char6, blob), and its parameter."""

_ENCODINGS = {1: "fixed", 2: "variable", 3: "array", 4: "char6", 5: "blob"}


def _unwrap(head: bytes) -> bytes:
    if not head.startswith(WRAPPER_MAGIC):
        return head
    offset = int.from_bytes(head[_OFFSET], "little")
    return head[offset:]


def _read_producer(bits: _Bits) -> str:
    if bits.fixed(32) != int.from_bytes(RAW_MAGIC, "little"):
        raise ValueError("no bitcode")
    if bits.fixed(2) != _ENTER_BLOCK or bits.variable(8) != _IDENTIFICATION_BLOCK:
        raise ValueError("no identification block")
    width = bits.variable(4)
    bits.align()
    bits.fixed(32)  # the block's length
    abbreviations: list[list[_Operand]] = []
    while True:
        kind = bits.fixed(width)
        if kind == _DEFINE_ABBREVIATION:
            abbreviations.append(list(_read_abbreviation(bits)))
            continue
        if kind == _UNABBREVIATED:
            record = _read_unabbreviated(bits)
        elif 0 <= kind - _FIRST_ABBREVIATION < len(abbreviations):
            record = list(_read_record(bits, abbreviations[kind - _FIRST_ABBREVIATION]))
        else:
            raise ValueError("the identification block names no producer")
        if record[:1] == [_PRODUCER_RECORD]:
            return bytes(value & 255 for value in record[1:]).decode("latin-1")


def _read_abbreviation(bits: _Bits) -> Iterator[_Operand]:
    for _ in range(bits.variable(5)):
        if bits.fixed(1):
            yield "literal", bits.variable(8)
            continue
        encoding = _ENCODINGS.get(bits.fixed(3), "unknown")
        yield encoding, bits.variable(5) if encoding in ("fixed", "variable") else 0


def _read_unabbreviated(bits: _Bits) -> list[int]:
    code = bits.variable(6)
    return [code, *(bits.variable(6) for _ in range(bits.variable(6)))]


def _read_record(bits: _Bits, operands: list[_Operand]) -> Iterator[int]:
    for index, (encoding, value) in enumerate(operands):
        if encoding == "array":
            # Its elements' encoding is the operand that follows, the last one.
            for _ in range(min(bits.variable(6), 8 * HEAD_BYTES)):
                yield from _read_record(bits, operands[index + 1 :])
            return
        match encoding:
            case "literal":
                yield value
            case "fixed":
                yield bits.fixed(value)
            case "variable":
                yield bits.variable(value)
            case "char6":
                yield ord(_CHAR6[bits.fixed(6)])
            case _:
                raise ValueError(f"an operand of encoding {encoding}")
