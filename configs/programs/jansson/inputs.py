"""Write JSON of three sorts: objects of strings, arrays of numbers, and a tree of both."""

import json
from pathlib import Path
from random import Random

RECORDS = 5000
NUMBERS = 15000

# Of all that the generator offers, only random() is promised to stay as it is.
draw = Random(2).random


def below(limit: int) -> int:
    """Return an integer from 0 up to a limit."""
    return int(draw() * limit)


def record(number: int) -> dict[str, object]:
    """Return an object with members of every sort."""
    return {
        "id": number,
        "name": "".join(chr(97 + below(26)) for _ in range(4 + below(12))),
        "tags": [f"t{below(50)}" for _ in range(below(6))],
        "text": 'line one\n"quoted" \u00e9\u4e16 \\ tab\t' * (1 + below(3)),
        "place": {"x": below(1000), "y": -below(1000), "seen": draw() < 0.5, "note": None},
    }


def tree(depth: int) -> object:
    """Return objects in lists in objects."""
    if depth == 0:
        return (below(1000), f"leaf {below(99)} \u00fc", draw() * 9, None)[below(4)]
    if depth % 2:
        return [tree(depth - 1) for _ in range(4)]
    return {f"key {key}": tree(depth - 1) for key in range(3)}


records = [record(number) for number in range(RECORDS)]
numbers = [[below(10**9), (below(10**6) - 500_000) / 64, -below(7)] for _ in range(NUMBERS)]
Path("records.json").write_text(json.dumps(records), encoding="utf-8")
Path("numbers.json").write_text(json.dumps(numbers), encoding="utf-8")
Path("tree.json").write_text(json.dumps(tree(9)), encoding="utf-8")
