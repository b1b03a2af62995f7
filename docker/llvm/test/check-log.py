"""Check that a training log of the compiler parses and has decisions.

usage: check-log.py LOG

Independent of the log readers in regalloc/compiler, which the image of the toolchain does not hold.
"""

import base64
import json
import sys
from collections.abc import Iterator
from pathlib import Path

FEATURES = 21
DECISION = "index_to_evict"


def header(log: bytes) -> tuple[list[str], int]:
    """Return the features and the number of decisions of LLVM 19's log: JSON comes first."""
    first = json.loads(log[: log.index(b"\n")])
    return [feature["name"] for feature in first["features"]], log.count(b'{"observation":')


def parts(message: bytes) -> Iterator[tuple[int, bytes]]:
    """Yield number and content of a protocol buffer's fields, all of them strings or messages."""
    position = 0

    def varint() -> int:
        nonlocal position
        value = shift = 0
        while True:
            byte = message[position]
            position += 1
            value |= (byte & 0x7F) << shift
            shift += 7
            if byte < 0x80:
                return value

    while position < len(message):
        number, kind = divmod(varint(), 8)
        assert kind == 2, f"field {number} is of wire type {kind}"
        size = varint()
        yield number, message[position : position + size]
        position += size


def examples(log: bytes) -> tuple[list[str], int]:
    """Return the same of LLVM 15's log, a Struct: function -> base64 of a SequenceExample."""
    names: list[str] = []
    decisions = 0
    for _, field in parts(log):
        value = dict(parts(dict(parts(field))[2]))[3]
        for _, lists in parts(base64.b64decode(value, validate=True)):
            features = [dict(parts(entry)) for _, entry in parts(lists)]
            counts = {sum(1 for _ in parts(feature[2])) for feature in features}
            assert len(counts) == 1, f"features with unequal numbers of values: {counts}"
            names = [feature[1].decode() for feature in features]
            decisions += counts.pop()
    names.remove("reward")
    return names, decisions


log = Path(sys.argv[1]).read_bytes()
names, decisions = header(log) if log.startswith(b"{") else examples(log)
assert len(set(names)) == len(names) == FEATURES + 1, names
assert {"mask", "progress", DECISION} <= set(names), names
assert decisions > 0, "no decision was logged"
print(f"log: {decisions} decisions with {FEATURES} features each")
