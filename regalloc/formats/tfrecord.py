"""Frame records as TensorFlow's TFRecord files do, without TensorFlow.

A record is its length (uint64), the length's masked CRC-32C, the data, the data's masked CRC-32C,
all little-endian.  Source: ``tensorflow/core/lib/io/record_writer.h``.
"""

from __future__ import annotations

import struct
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import BinaryIO

import google_crc32c

from regalloc.errors import TraceError

_LENGTH = struct.Struct("<QI")
_CHECK = struct.Struct("<I")
_MASK_DELTA = 0xA282EAD8


def write_records(path: Path, records: Iterable[bytes]) -> int:
    """Write records to a file and return how many there were."""
    count = 0
    with path.open("wb") as file:
        for record in records:
            length = struct.pack("<Q", len(record))
            file.write(length + _CHECK.pack(_masked_crc(length)))
            file.write(record)
            file.write(_CHECK.pack(_masked_crc(record)))
            count += 1
    return count


def read_records(path: Path) -> Iterator[bytes]:
    """Yield the records of a file.

    Raises:
        TraceError: the file is missing or truncated, or a checksum does not fit.
    """
    try:
        with path.open("rb") as file:
            while head := file.read(_LENGTH.size):
                yield _read_record(path, file, head)
    except FileNotFoundError as error:
        raise TraceError("there is no trace", f"{path} does not exist", "run trace") from error


def _read_record(path: Path, file: BinaryIO, head: bytes) -> bytes:
    if len(head) < _LENGTH.size:
        raise _damaged(path, "it is truncated")
    size, check = _LENGTH.unpack(head)
    if check != _masked_crc(head[:8]):
        raise _damaged(path, "a record's length does not fit its checksum")
    record, tail = file.read(size), file.read(_CHECK.size)
    if len(record) < size or len(tail) < _CHECK.size:
        raise _damaged(path, "it is truncated")
    if tail != _CHECK.pack(_masked_crc(record)):
        raise _damaged(path, "a record does not fit its checksum")
    return record


def _masked_crc(data: bytes) -> int:
    crc = int(google_crc32c.value(data))
    return (((crc >> 15) | (crc << 17)) + _MASK_DELTA) & 0xFFFFFFFF


def _damaged(path: Path, reason: str) -> TraceError:
    return TraceError("the trace is damaged", f"{path}: {reason}", "run trace again")
