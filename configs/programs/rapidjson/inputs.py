"""Write JSON of three kinds, records of strings, numbers and a deep tree, and schemas of it."""

import json
from pathlib import Path
from random import Random

draw = Random(17).random


def below(limit: int) -> int:
    """Return an integer from 0 up to a limit."""
    return int(draw() * limit)


def record(number: int) -> dict[str, object]:
    """Return an object of strings, some of them escaped."""
    return {
        "id": number,
        "name": "".join(chr(97 + below(26)) for _ in range(3 + below(14))),
        "tags": [f"t{below(50)}" for _ in range(below(6))],
        "text": 'one\n"two" \u00e9\u4e16\U0001f600 \\ tab\t' * (1 + below(3)),
        "open": draw() < 0.5,
    }


def value() -> object:
    """Return a number: small, large, or with a fraction."""
    tiny_or_huge = draw() * 10.0 ** (below(40) - 20)
    return (below(100), -below(10**12), below(10**9) / 64, tiny_or_huge)[below(4)]


def tree(depth: int) -> object:
    """Return objects in lists in objects."""
    if depth == 0:
        return (below(100), f"leaf-{below(50)}", draw() < 0.5, None)[below(4)]
    if depth % 2:
        return [tree(depth - 1) for _ in range(1 + below(6))]
    return {f"k{key}": tree(depth - 1) for key in range(4)}


STRINGS = {
    "type": "array",
    "items": {
        "type": "object",
        "properties": {
            "id": {"type": "integer", "minimum": 0},
            "name": {"type": "string", "minLength": 3, "maxLength": 20},
            "tags": {"type": "array", "items": {"type": "string"}, "maxItems": 6},
            "open": {"type": "boolean"},
        },
        "required": ["id", "name"],
    },
}
TREE = {
    "definitions": {
        "part": {
            "anyOf": [
                {"type": "array", "items": {"$ref": "#/definitions/part"}, "minItems": 1},
                {
                    "type": "object",
                    "properties": {f"k{key}": {"$ref": "#/definitions/part"} for key in range(4)},
                    "additionalProperties": False,
                    "maxProperties": 4,
                },
                {"enum": [None, True, False]},
                {"type": "string", "pattern": "^lea(f|ves)-[0-9]+$"},
                {"allOf": [{"type": "number"}, {"not": {"minimum": 100}}], "multipleOf": 1},
            ]
        }
    },
    "$ref": "#/definitions/part",
    "anyOf": [{"type": "object"}, {"type": "array"}],
}
Path("strings.json").write_text(json.dumps([record(n) for n in range(20000)]), encoding="utf-8")
Path("numbers.json").write_text(json.dumps([value() for _ in range(200000)]), encoding="utf-8")
Path("tree.json").write_text(json.dumps(tree(10)), encoding="utf-8")
Path("shallow.json").write_text(json.dumps(tree(8)), encoding="utf-8")
Path("strings-schema.json").write_text(json.dumps(STRINGS), encoding="utf-8")
Path("tree-schema.json").write_text(json.dumps(TREE), encoding="utf-8")
