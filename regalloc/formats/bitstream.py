"""Read LLVM's bitstreams: the records that lie directly in the blocks of a file.

Blocks within blocks are passed over by their lengths, so that reading a module's own records takes
no time worth mentioning, however large its functions are.

Source: https://llvm.org/docs/BitCodeFormat.html.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

_END_BLOCK, _ENTER_BLOCK, _DEFINE_ABBREVIATION, _UNABBREVIATED = range(4)
_FIRST_ABBREVIATION = 4
_CHAR6 = b"abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789._"
_ENCODINGS = {1: "fixed", 2: "variable", 3: "array", 4: "char6", 5: "blob"}

_Operand = tuple[str, int]
"""How an operand is written (literal, fixed, variable, array, char6, blob), and its parameter."""


@dataclass(frozen=True)
class Record:
    """One record.

    Attributes:
        code: what it tells; each kind of block has its own codes.
        values: its operands.
        positions: at which bit each operand begins, in chunks of six bits; empty where the record
            is abbreviated.
        blob: the bytes at its end.
    """

    code: int
    values: tuple[int, ...]
    positions: tuple[int, ...] = ()
    blob: bytes = b""


class Bits:
    """A cursor over a bitstream: the lowest bit of a byte comes first.

    Args:
        data: the stream's bytes.
        position: the bit it stands at.
    """

    def __init__(self, data: bytes, position: int = 0) -> None:
        self.data = data
        self.position = position

    def __bool__(self) -> bool:
        return self.position < 8 * len(self.data)

    def fixed(self, width: int) -> int:
        """Return a number of so many bits.

        Raises:
            ValueError: the stream ends before.
        """
        start, self.position = self.position, self.position + width
        if self.position > 8 * len(self.data):
            raise ValueError("the bitstream ends too early")
        covered = self.data[start >> 3 : (self.position + 7) >> 3]
        return int.from_bytes(covered, "little") >> (start & 7) & (1 << width) - 1

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
        self.position += -self.position % 32

    def take_blob(self, size: int) -> bytes:
        """Return bytes that begin and end at multiples of 32 bits.

        Raises:
            ValueError: the stream ends before.
        """
        self.align()
        start = self.position >> 3
        if start + size > len(self.data):
            raise ValueError("the bitstream ends too early")
        self.position += 8 * size
        self.align()
        return self.data[start : start + size]


def read_blocks(data: bytes, begin: int) -> Iterator[tuple[int, Iterator[Record]]]:
    """Yield each outermost block's number and its records, which are read as they are asked for.

    Args:
        data: a bitstream.
        begin: byte at which the first block begins.

    Raises:
        ValueError: it is no bitstream.
    """
    bits = Bits(data, 8 * begin)
    while bits:
        if bits.fixed(2) != _ENTER_BLOCK:
            raise ValueError("no block begins where one should")
        number, width, end = _enter(bits)
        yield number, _read_records(bits, width)
        bits.position = end


def _enter(bits: Bits) -> tuple[int, int, int]:
    """Return a block's number, the width of its abbreviations' numbers, and the bit after it."""
    number, width = bits.variable(8), bits.variable(4)
    bits.align()
    words = bits.fixed(32)
    return number, width, bits.position + 32 * words


def _read_records(bits: Bits, width: int) -> Iterator[Record]:
    abbreviations: list[list[_Operand]] = []
    while (kind := bits.fixed(width)) != _END_BLOCK:
        if kind == _ENTER_BLOCK:
            bits.position = _enter(bits)[2]
        elif kind == _DEFINE_ABBREVIATION:
            abbreviations.append(list(_read_abbreviation(bits)))
        elif kind == _UNABBREVIATED:
            yield _read_unabbreviated(bits)
        elif 0 <= kind - _FIRST_ABBREVIATION < len(abbreviations):
            yield _read_abbreviated(bits, abbreviations[kind - _FIRST_ABBREVIATION])
        else:
            raise ValueError("a record of an abbreviation that is not defined")


def _read_abbreviation(bits: Bits) -> Iterator[_Operand]:
    for _ in range(bits.variable(5)):
        if bits.fixed(1):
            yield "literal", bits.variable(8)
            continue
        encoding = _ENCODINGS.get(bits.fixed(3), "unknown")
        yield encoding, bits.variable(5) if encoding in ("fixed", "variable") else 0


def _read_unabbreviated(bits: Bits) -> Record:
    code, count = bits.variable(6), bits.variable(6)
    values, positions = [], []
    for _ in range(count):
        positions.append(bits.position)
        values.append(bits.variable(6))
    return Record(code, tuple(values), tuple(positions))


def _read_abbreviated(bits: Bits, operands: list[_Operand]) -> Record:
    if operands[-1:] == [("blob", 0)]:
        code, *values = [_read_value(bits, operand) for operand in operands[:-1]]
        return Record(code, tuple(values), blob=bits.take_blob(bits.variable(6)))
    code, *values = _read_values(bits, operands)
    return Record(code, tuple(values))


def _read_values(bits: Bits, operands: list[_Operand]) -> Iterator[int]:
    for index, operand in enumerate(operands):
        if operand[0] == "array":
            # Its elements' encoding is the operand that follows, the last one.  Elements that take
            # no bits could be any number.
            for _ in range(min(bits.variable(6), 8 * len(bits.data))):
                yield from _read_values(bits, operands[index + 1 :])
            return
        yield _read_value(bits, operand)


def _read_value(bits: Bits, operand: _Operand) -> int:
    match operand:
        case "literal", value:
            return value
        case "fixed", width:
            return bits.fixed(width)
        case "variable", width:
            return bits.variable(width)
        case "char6", _:
            return _CHAR6[bits.fixed(6)]
        case encoding, _:
            raise ValueError(f"an operand of encoding {encoding}")
