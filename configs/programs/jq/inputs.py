"""Write JSON for queries: records one a line, and a deep tree."""

import json
from pathlib import Path
from random import Random

draw = Random(15).random


def below(limit: int) -> int:
    """Return an integer from 0 up to a limit."""
    return int(draw() * limit)


def record(number: int) -> dict[str, object]:
    """Return an event of somebody at some place."""
    return {
        "id": number,
        "user": f"u{below(300)}",
        "tags": [f"t{below(20)}" for _ in range(below(5))],
        "size": below(10**6) / 4,
        "place": None if draw() < 0.1 else {"x": below(90), "y": -below(90)},
        "text": 'a \u00e9\u4e16 "b"\n' * below(4),
    }


def tree(depth: int) -> object:
    """Return objects in lists in objects."""
    if depth == 0:
        return (below(100), f"leaf {below(50)}", draw() < 0.5, None)[below(4)]
    if depth % 2:
        return [tree(depth - 1) for _ in range(3)]
    return {f"k{key}": tree(depth - 1) for key in range(3)}


lines = [json.dumps(record(number)) for number in range(6000)]
Path("records").write_text("\n".join(lines) + "\n", encoding="utf-8")
Path("tree").write_text(json.dumps(tree(8)), encoding="utf-8")
