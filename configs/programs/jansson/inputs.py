"""Write JSON of two sorts: objects of strings, and arrays of numbers."""

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


records = [record(number) for number in range(RECORDS)]
numbers = [[below(10**9), (below(10**6) - 500_000) / 64, -below(7)] for _ in range(NUMBERS)]
Path("records.json").write_text(json.dumps(records), encoding="utf-8")
Path("numbers.json").write_text(json.dumps(numbers), encoding="utf-8")
