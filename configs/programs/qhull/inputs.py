"""Write points: in a cube, near a sphere, on a grid, and in four dimensions."""

import math
from collections.abc import Iterable
from pathlib import Path
from random import Random

draw = Random(18).random
Point = tuple[float, ...]


def write(name: str, points: Iterable[Point]) -> None:
    """Write points as qhull reads them."""
    listed = list(points)
    lines = [str(len(listed[0])), str(len(listed)), *(" ".join(map(repr, p)) for p in listed)]
    Path(name).write_text("\n".join(lines) + "\n", encoding="ascii")


def cube(count: int, size: int) -> Iterable[Point]:
    """Yield points anywhere."""
    for _ in range(count):
        yield tuple(draw() - 0.5 for _ in range(size))


def sphere(count: int) -> Iterable[Point]:
    """Yield points of which each is a corner of their hull."""
    for point in cube(count, 3):
        # A square root is the same on every machine.
        length = math.sqrt(sum(part * part for part in point))
        yield tuple(part / length for part in point)


def grid(side: int) -> Iterable[Point]:
    """Yield points many of which lie on one line or circle."""
    for row in range(side):
        for column in range(side):
            yield (float(row), float(column + row % 2))


write("cube3", cube(60000, 3))
write("flat", cube(6000, 2))
write("sphere", sphere(6000))
write("grid", grid(80))
write("cube4", cube(450, 4))
