"""Read the scalars of training from TensorBoard's event files, without TensorFlow.

Source: ``util/event.proto``, ``framework/summary.proto`` and ``framework/tensor.proto`` in
``tensorflow/core``.
"""

from __future__ import annotations

import struct
from collections.abc import Iterator
from pathlib import Path

from regalloc.errors import TraceError
from regalloc.formats.tfrecord import read_records
from regalloc.formats.wire import read_varint

Curves = dict[str, dict[int, float]]
"""Value by round, by the scalar's name."""

_STEP, _SUMMARY = 2, 5
_VALUE = 1
_TAG, _TENSOR = 1, 8
_DTYPE, _SHAPE, _CONTENT, _FLOATS = 1, 2, 4, 5
_FLOAT = 1
_FIXED_BYTES = {1: 8, 5: 4}


def read_curves(folder: Path) -> Curves:
    """Return the scalars of all event files in a folder.

    A round that was begun again after a kill stands in two files; the later one counts.  A killed
    run's file may end anywhere: what stands before is read.
    """
    curves: Curves = {}
    for path in sorted(folder.glob("*tfevents*")):
        try:
            for record in read_records(path):
                for name, step, value in _read_event(record):
                    curves.setdefault(name, {})[step] = value
        except (TraceError, ValueError, IndexError):
            continue
    return curves


def _read_event(data: bytes) -> Iterator[tuple[str, int, float]]:
    event = dict(_fields(data))
    summary = event.get(_SUMMARY)
    step = event.get(_STEP, 0)
    if not isinstance(summary, bytes) or not isinstance(step, int):
        return
    for number, value in _fields(summary):
        if number == _VALUE and isinstance(value, bytes):
            fields = dict(_fields(value))
            name, tensor = fields.get(_TAG), fields.get(_TENSOR)
            if isinstance(name, bytes) and isinstance(tensor, bytes):
                found = _read_scalar(dict(_fields(tensor)))
                if found is not None:
                    yield name.decode(), step, found


def _read_scalar(tensor: dict[int, int | bytes]) -> float | None:
    """Return a tensor's only number, or None for anything else, as histograms are."""
    packed = tensor.get(_CONTENT) or tensor.get(_FLOATS)
    if tensor.get(_DTYPE) != _FLOAT or tensor.get(_SHAPE) or not isinstance(packed, bytes):
        return None
    return float(struct.unpack("<f", packed)[0]) if len(packed) == 4 else None


def _fields(data: bytes) -> Iterator[tuple[int, int | bytes]]:
    """Yield number and value of each field: an integer where it is one, else its bytes.

    Raises:
        ValueError: the bytes are no message.
    """
    position = 0
    while position < len(data):
        key, position = read_varint(data, position)
        kind = key & 7
        if kind == 0:
            number, position = read_varint(data, position)
            yield key >> 3, number
            continue
        if kind == 2:
            size, position = read_varint(data, position)
        elif kind in _FIXED_BYTES:
            size = _FIXED_BYTES[kind]
        else:
            raise ValueError(f"a field of kind {kind}")
        yield key >> 3, data[position : position + size]
        position += size
