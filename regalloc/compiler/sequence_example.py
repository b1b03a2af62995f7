"""Encode and decode ``tf.train.SequenceExample`` on the wire, without TensorFlow.

Only what a trace needs: feature lists of float32 or int64 values, every decision with the same
number of them.  Keys are sorted, so equal values give equal bytes.

Source: ``tensorflow/core/example/feature.proto``, protocol buffers' encoding guide.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any, Literal

import numpy as np
import numpy.typing as npt

from regalloc.errors import TraceError

Array = npt.NDArray[Any]
Kind = Literal["float32", "int64"]

# A tag is (field number << 3) | wire type; wire type 2 is "length, then bytes".
_FEATURE_LISTS = 0x12
_ENTRY = _KEY = _FEATURE = _VALUES = 0x0A
_ENTRY_VALUE = 0x12
_KINDS: dict[int, Kind] = {0x12: "float32", 0x1A: "int64"}
_KIND_TAGS = {kind: tag for tag, kind in _KINDS.items()}


def encode_sequence(lists: Mapping[str, Array]) -> bytes:
    """Return the wire bytes of feature lists.

    Args:
        lists: per name a float32 or int64 array ``(decisions, ...)``.
    """
    entries = (
        _field(_KEY, name.encode()) + _field(_ENTRY_VALUE, _encode_list(lists[name]))
        for name in sorted(lists)
    )
    return _field(_FEATURE_LISTS, b"".join(_field(_ENTRY, entry) for entry in entries))


def decode_sequence(data: bytes) -> dict[str, Array]:
    """Return feature lists as arrays ``(decisions, values per decision)``.

    Raises:
        TraceError: the bytes are no such message.
    """
    try:
        return dict(
            _decode_entry(entry)
            for tag, lists in _fields(data)
            if tag == _FEATURE_LISTS
            for entry_tag, entry in _fields(lists)
            if entry_tag == _ENTRY
        )
    except (IndexError, ValueError) as error:
        raise TraceError(
            "the trace is damaged", f"no SequenceExample: {error}", "run trace again"
        ) from error


def _encode_list(array: Array) -> bytes:
    kind: Kind = "float32" if array.dtype == np.float32 else "int64"
    if array.dtype != kind:
        raise TypeError(f"float32 or int64 expected, not {array.dtype}")
    rows = array.reshape(len(array), -1)
    if kind == "int64" and rows.size and (rows.min() < 0 or rows.max() > 127):
        return b"".join(
            _encode_feature(kind, b"".join(_varint(value) for value in row))
            for row in rows.tolist()
        )
    # Every decision takes the same number of bytes: prefix and values are one matrix.
    payload = rows.view(np.uint8) if kind == "float32" else rows.astype(np.uint8)
    prefix = np.frombuffer(_encode_feature(kind, bytes(payload.shape[1])), np.uint8)
    matrix = np.tile(prefix, (len(rows), 1))
    matrix[:, len(prefix) - payload.shape[1] :] = payload
    return matrix.tobytes()


def _encode_feature(kind: Kind, values: bytes) -> bytes:
    return _field(_FEATURE, _field(_KIND_TAGS[kind], _field(_VALUES, values)))


def _decode_entry(entry: bytes) -> tuple[str, Array]:
    fields = dict(_fields(entry))
    return fields[_KEY].decode(), _decode_list(fields.get(_ENTRY_VALUE, b""))


def _decode_list(data: bytes) -> Array:
    _, feature, size = _next_field(data, 0) if data else (_FEATURE, b"", 0)
    kind, values = _decode_feature(feature)
    head = size - len(values)
    if values and len(data) % size == 0 and data[:size] == _encode_feature(kind, values):
        # The first prefix tells how long the decision is; where every stride repeats it, the
        # list is a matrix and needs no parsing.
        matrix = np.frombuffer(data, np.uint8).reshape(-1, size)
        payload = matrix[:, head:]
        if (matrix[:, :head] == matrix[0, :head]).all():
            if kind == "float32":
                return np.ascontiguousarray(payload).view(np.float32)
            if (payload < 128).all():
                return payload.astype(np.int64)
    rows = [_decode_values(*_decode_feature(feature)) for _, feature in _fields(data)]
    return np.stack(rows) if rows else np.zeros((0, 0), np.float32)


def _decode_feature(feature: bytes) -> tuple[Kind, bytes]:
    """Return a feature's kind and packed values; several chunks are joined."""
    for tag, values in _fields(feature):
        if tag not in _KINDS:
            raise ValueError(f"a feature of kind {tag >> 3}")
        return _KINDS[tag], b"".join(chunk for _, chunk in _fields(values))
    return "float32", b""


def _decode_values(kind: Kind, values: bytes) -> Array:
    if kind == "float32":
        return np.frombuffer(values, np.float32)
    numbers, position = [], 0
    while position < len(values):
        number, position = _read_varint(values, position)
        numbers.append(number - 2**64 if number >= 2**63 else number)
    return np.array(numbers, np.int64)


def _field(tag: int, value: bytes) -> bytes:
    return bytes((tag,)) + _varint(len(value)) + value


def _fields(data: bytes) -> Iterator[tuple[int, bytes]]:
    position = 0
    while position < len(data):
        tag, value, position = _next_field(data, position)
        yield tag, value


def _next_field(data: bytes, position: int) -> tuple[int, bytes, int]:
    tag = data[position]
    if tag & 7 != 2 or tag & 128:
        raise ValueError(f"tag {tag} at byte {position}")
    size, start = _read_varint(data, position + 1)
    if start + size > len(data):
        raise ValueError(f"{size} bytes expected after byte {start}")
    return tag, data[start : start + size], start + size


def _varint(value: int) -> bytes:
    value %= 2**64
    out = bytearray()
    while value > 127:
        out.append(value & 127 | 128)
        value >>= 7
    out.append(value)
    return bytes(out)


def _read_varint(data: bytes, position: int) -> tuple[int, int]:
    value = shift = 0
    while True:
        byte = data[position]
        position += 1
        value |= (byte & 127) << shift
        if byte < 128:
            return value, position
        shift += 7
