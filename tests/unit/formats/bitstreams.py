"""Bitcode that names its producer, written bit by bit."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from regalloc.formats.bitcode import RAW_MAGIC, WRAPPER_MAGIC

CHAR6 = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789._"


class Bits:
    """A bitstream that is written, to compare with what is read."""

    def __init__(self):
        self.value = self.size = 0

    def fixed(self, value, width):
        assert value < 1 << width
        self.value |= value << self.size
        self.size += width
        return self

    def variable(self, value, width):
        more = 1 << width - 1
        while value >= more:
            self.fixed(value % more | more, width)
            value //= more
        return self.fixed(value, width)

    def align(self):
        self.size += -self.size % 32
        return self

    def data(self):
        return self.align().value.to_bytes(self.size // 8, "little")


def open_block(block=13, width=5):
    bits = Bits().fixed(int.from_bytes(RAW_MAGIC, "little"), 32)
    return bits.fixed(1, 2).variable(block, 8).variable(width, 4).align().fixed(9, 32)


def unabbreviated(text, width=5, code=1):
    """Return bitcode whose producer's name no abbreviation can express."""
    bits = open_block(width=width).fixed(3, width).variable(code, 6).variable(len(text), 6)
    for char in text:
        bits.variable(ord(char), 6)
    return bits.fixed(0, width).data()


def abbreviated(text, element, width=5):
    """Return bitcode whose producer's name is an array of elements of an encoding."""
    bits = open_block(width=width)
    bits.fixed(2, width).variable(3, 5)
    bits.fixed(1, 1).variable(1, 8)  # literal 1, the record's code
    bits.fixed(0, 1).fixed(3, 3)  # array
    kind, parameter = element
    bits.fixed(0, 1).fixed(kind, 3)
    if parameter is not None:
        bits.variable(parameter, 5)
    bits.fixed(4, width).variable(len(text), 6)
    for char in text:
        if kind == 4:
            bits.fixed(CHAR6.index(char), 6)
        elif kind == 1:
            bits.fixed(ord(char), parameter)
        else:
            bits.variable(ord(char), parameter)
    return bits.data()


def wrap(data, offset=20):
    return wrapper(len(data), offset) + bytes(offset - 16) + data


def wrapper(size, offset):
    """Return the header that says where so many bytes of bitcode begin."""
    words = (0, offset, size)
    return WRAPPER_MAGIC + b"".join(word.to_bytes(4, "little") for word in words)


@dataclass(frozen=True)
class Block:
    """A block that is written: records without abbreviations, ``(code, values)``, and blocks."""

    number: int
    content: Sequence[object]
    width: int = 3

    def write(self, bits, width=2):
        """Write the block into one whose abbreviations' numbers have so many bits."""
        body = Bits()
        for one in self.content:
            if isinstance(one, Block):
                one.write(body, self.width)
            else:
                self.write_record(body, *one)
        body.fixed(0, self.width).align()
        bits.fixed(1, width).variable(self.number, 8).variable(self.width, 4).align()
        bits.fixed(body.size // 32, 32).fixed(body.value, body.size)

    def write_record(self, bits, code, values):
        if isinstance(values, bytes):  # a blob, by an abbreviation: literal code, blob
            bits.fixed(2, self.width).variable(2, 5).fixed(1, 1).variable(code, 8)
            bits.fixed(0, 1).fixed(5, 3).fixed(4, self.width).variable(len(values), 6).align()
            bits.fixed(int.from_bytes(values, "little"), 8 * len(values)).align()
            return
        bits.fixed(3, self.width).variable(code, 6).variable(len(values), 6)
        for value in values:
            bits.variable(value, 6)


def bitcode(*blocks):
    """Return bitcode of the blocks."""
    bits = Bits().fixed(int.from_bytes(RAW_MAGIC, "little"), 32)
    for block in blocks:
        block.write(bits)
    return bits.data()
