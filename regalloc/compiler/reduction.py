"""Cut optimised bitcode down to some of its functions, without moving anything else in it.

A function that is to go is given the linkage ``available_externally``: its code is generated
elsewhere.  That is one number in its record and takes no other room, so the file stays as it is
but for these bits: the order of uses, which code generation depends on, is untouched.  LLVM's own
pass ``elim-avail-extern`` then leaves a declaration of the function, which calls and takes its
address as the definition did.

Source: ``writeModuleInfo`` in ``llvm/lib/Bitcode/Writer/BitcodeWriter.cpp``.
"""

from __future__ import annotations

from collections.abc import Collection

from regalloc.formats.bitcode import RAW_MAGIC
from regalloc.formats.bitstream import Record, read_blocks

PASS = "elim-avail-extern"

_MODULE_BLOCK, _STRING_TABLE_BLOCK = 8, 23
_FUNCTION, _ALIAS = 8, 14
_VALUES = frozenset({7, _FUNCTION, _ALIAS, 15})
"""Variables, functions, aliases, ifuncs: what is numbered, in the order of records."""

_NAME, _NAME_SIZE, _DECLARED, _LINKAGE, _COMDAT = 0, 1, 4, 5, 14
_ALIASED = 4
_AVAILABLE_EXTERNALLY = 12
_CHUNK, _MORE = 6, 1 << 5


def drop_functions(bitcode: bytes, keep: Collection[str]) -> bytes:
    """Return the bitcode with all functions but those kept marked as defined elsewhere.

    What an alias stands for is kept, too: an alias needs a definition.

    Args:
        bitcode: a module.
        keep: names of functions; undecodable bytes are surrogates.

    Raises:
        ValueError: it is no raw bitcode, or of a form that is not known.
    """
    if not bitcode.startswith(RAW_MAGIC):
        raise ValueError("no raw bitcode")
    records, names = _read_module(bitcode)
    aliased = {record.values[_ALIASED] for record in records if record.code == _ALIAS}
    changed = bytearray(bitcode)
    for number, record in enumerate(records):
        if record.code != _FUNCTION or record.values[_DECLARED] or number in aliased:
            continue
        if _name(record, names) not in keep:
            _replace(changed, record.positions[_LINKAGE], _AVAILABLE_EXTERNALLY)
            # What is defined elsewhere is in no group here.
            _replace(changed, record.positions[_COMDAT], 0)
    return bytes(changed)


def _read_module(bitcode: bytes) -> tuple[list[Record], bytes]:
    """Return the records of a module's values in the order of their numbers, and all names."""
    values: list[Record] = []
    names: bytes | None = None
    for block, records in read_blocks(bitcode, len(RAW_MAGIC)):
        if block == _MODULE_BLOCK:
            values += [record for record in records if record.code in _VALUES]
        elif block == _STRING_TABLE_BLOCK:
            names = next((record.blob for record in records), None)
    for record in values:
        known = record.code != _FUNCTION or len(record.positions) > _COMDAT
        if not known or len(record.values) <= _ALIASED:
            raise ValueError("a function's record of an unknown form")
    if names is None:
        raise ValueError("no table of names")
    return values, names


def _name(record: Record, names: bytes) -> str:
    start, size = record.values[_NAME], record.values[_NAME_SIZE]
    return names[start : start + size].decode("utf-8", "surrogateescape")


def _replace(data: bytearray, position: int, value: int) -> None:
    """Write a number over another in as many chunks as that one has.

    Raises:
        ValueError: it needs more.
    """
    more = True
    while more:
        place = slice(position >> 3, (position >> 3) + 2)
        word = int.from_bytes(data[place], "little")
        more = bool(word >> (position & 7) & _MORE)
        chunk = value % _MORE | more << _CHUNK - 1
        word &= ~((1 << _CHUNK) - 1 << (position & 7))
        data[place] = (word | chunk << (position & 7)).to_bytes(len(data[place]), "little")
        value //= _MORE
        position += _CHUNK
    if value:
        raise ValueError("a number does not fit where it should stand")
