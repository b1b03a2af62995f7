"""Protocol buffers on the wire, as far as traces and logs need them: fields with a length.

Source: https://protobuf.dev/programming-guides/encoding
"""

from __future__ import annotations

from collections.abc import Iterator

_MAX_VARINT_BYTES = 10


class TruncatedError(ValueError):
    """The bytes end in the middle of a field."""


def tag(number: int) -> int:
    """Return the tag of a field that is a length and then so many bytes."""
    return number << 3 | 2


def field(tag: int, value: bytes) -> bytes:
    """Return a field on the wire."""
    return bytes((tag,)) + varint(len(value)) + value


def fields(data: bytes) -> Iterator[tuple[int, bytes]]:
    """Yield tag and value of each field of a message.

    Raises:
        ValueError: the bytes are no such message.
    """
    position = 0
    while position < len(data):
        found, value, position = next_field(data, position)
        yield found, value


def next_field(data: bytes, position: int) -> tuple[int, bytes, int]:
    """Return tag and value of the field at a position, and the position behind it.

    Raises:
        ValueError: there is no such field.
    """
    found = data[position]
    if found & 7 != 2 or found & 128:
        raise ValueError(f"tag {found} at byte {position}")
    size, start = read_varint(data, position + 1)
    if start + size > len(data):
        raise TruncatedError(f"{size} bytes expected after byte {start}")
    return found, data[start : start + size], start + size


def varint(value: int) -> bytes:
    """Return an integer on the wire; a negative one is taken as 64 bits in two's complement."""
    value %= 2**64
    out = bytearray()
    while value > 127:
        out.append(value & 127 | 128)
        value >>= 7
    out.append(value)
    return bytes(out)


def read_varint(data: bytes, position: int) -> tuple[int, int]:
    """Return the integer at a position, not negative, and the position behind it.

    Raises:
        ValueError: it does not end.
    """
    value = 0
    for index, byte in enumerate(data[position : position + _MAX_VARINT_BYTES]):
        value |= (byte & 127) << 7 * index
        if byte < 128:
            return value, position + index + 1
    if len(data) < position + _MAX_VARINT_BYTES:
        raise TruncatedError(f"an integer at byte {position} does not end")
    raise ValueError(f"an integer of more than 64 bits at byte {position}")
