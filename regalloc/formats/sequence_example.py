"""Encode and decode ``tf.train.SequenceExample`` on the wire, without TensorFlow.

Only what a trace needs: feature lists of float32 or int64 values, every decision with the same
number of them.  Keys are sorted, so equal values give equal bytes.

Source: ``tensorflow/core/example/feature.proto``.
"""

from __future__ import annotations

import math
from collections.abc import Mapping
from typing import Any, Literal

import numpy as np
import numpy.typing as npt

from regalloc.formats.wire import field, fields, next_field, read_varint, tag, varint

Array = npt.NDArray[Any]
Kind = Literal["float32", "int64"]

_FEATURE_LISTS = tag(2)
_ENTRY = _KEY = _FEATURE = _VALUES = tag(1)
_ENTRY_VALUE = tag(2)
_KINDS: dict[int, Kind] = {tag(2): "float32", tag(3): "int64"}
_KIND_TAGS = {kind: number for number, kind in _KINDS.items()}


def encode_sequence(lists: Mapping[str, Array]) -> bytes:
    """Return the wire bytes of feature lists.

    Args:
        lists: per name a float32 or int64 array ``(decisions, ...)``.
    """
    entries = (
        field(_KEY, name.encode()) + field(_ENTRY_VALUE, _encode_list(lists[name]))
        for name in sorted(lists)
    )
    return field(_FEATURE_LISTS, b"".join(field(_ENTRY, entry) for entry in entries))


def decode_sequence(data: bytes) -> dict[str, Array]:
    """Return feature lists as arrays ``(decisions, values per decision)``.

    Raises:
        ValueError: the bytes are no such message.
    """
    return dict(
        _decode_entry(entry)
        for found, lists in fields(data)
        if found == _FEATURE_LISTS
        for entry_tag, entry in fields(lists)
        if entry_tag == _ENTRY
    )


def _encode_list(array: Array) -> bytes:
    kind: Kind = "float32" if array.dtype == np.float32 else "int64"
    if array.dtype != kind:
        raise TypeError(f"float32 or int64 expected, not {array.dtype}")
    rows = array.reshape(len(array), math.prod(array.shape[1:]))
    if kind == "int64" and rows.size and (rows.min() < 0 or rows.max() > 127):
        return b"".join(
            _encode_feature(kind, b"".join(varint(value) for value in row)) for row in rows.tolist()
        )
    # Every decision takes the same number of bytes: prefix and values are one matrix.
    payload = rows.view(np.uint8) if kind == "float32" else rows.astype(np.uint8)
    prefix = np.frombuffer(_encode_feature(kind, bytes(payload.shape[1])), np.uint8)
    matrix = np.tile(prefix, (len(rows), 1))
    matrix[:, len(prefix) - payload.shape[1] :] = payload
    return matrix.tobytes()


def _encode_feature(kind: Kind, values: bytes) -> bytes:
    return field(_FEATURE, field(_KIND_TAGS[kind], field(_VALUES, values)))


def _decode_entry(entry: bytes) -> tuple[str, Array]:
    found = dict(fields(entry))
    # What is empty need not be on the wire.
    return found.get(_KEY, b"").decode(), _decode_list(found.get(_ENTRY_VALUE, b""))


def _decode_list(data: bytes) -> Array:
    _, feature, size = next_field(data, 0) if data else (_FEATURE, b"", 0)
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
    rows = [_decode_values(*_decode_feature(feature)) for _, feature in fields(data)]
    return np.stack(rows) if rows else np.zeros((0, 0), np.float32)


def _decode_feature(feature: bytes) -> tuple[Kind, bytes]:
    """Return a feature's kind and packed values; several chunks are joined."""
    for found, values in fields(feature):
        if found not in _KINDS:
            raise ValueError(f"a feature of kind {found >> 3}")
        return _KINDS[found], b"".join(chunk for _, chunk in fields(values))
    return "float32", b""


def _decode_values(kind: Kind, values: bytes) -> Array:
    if kind == "float32":
        return np.frombuffer(values, np.float32)
    numbers, position = [], 0
    while position < len(values):
        number, position = read_varint(values, position)
        numbers.append(number - 2**64 if number >= 2**63 else number)
    return np.array(numbers, np.int64)
