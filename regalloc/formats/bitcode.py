"""Which LLVM wrote a bitcode file, read from the identification block that opens it.

Source: https://llvm.org/docs/BitCodeFormat.html, ``writeIdentificationBlock`` in
``llvm/lib/Bitcode/Writer/BitcodeWriter.cpp``.
"""

from __future__ import annotations

import re

from regalloc.formats.bitstream import read_blocks

RAW_MAGIC = b"BC\xc0\xde"
WRAPPER_MAGIC = b"\xde\xc0\x17\x0b"

HEAD_BYTES = 4096
"""The identification block lies within the first bytes of a file, wrapped or not."""

_OFFSET = slice(8, 12)
"""Where a wrapper says at which byte the bitcode begins."""

_IDENTIFICATION_BLOCK = 13
_PRODUCER_RECORD = 1
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
        producer = _read_producer(_unwrap(head))
    except ValueError:
        return "unknown"
    found = _VERSION.match(producer)
    return found[1] if found else producer or "unknown"


def _unwrap(head: bytes) -> bytes:
    if not head.startswith(WRAPPER_MAGIC):
        return head
    offset = int.from_bytes(head[_OFFSET], "little")
    return head[offset:]


def _read_producer(head: bytes) -> str:
    if not head.startswith(RAW_MAGIC):
        raise ValueError("no bitcode")
    for block, records in read_blocks(head, len(RAW_MAGIC)):
        if block != _IDENTIFICATION_BLOCK:
            break
        for record in records:
            if record.code == _PRODUCER_RECORD:
                return bytes(value & 255 for value in record.values).decode("latin-1")
        break
    raise ValueError("the bitcode names no producer")
