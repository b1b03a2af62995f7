"""Write pictures as PPM: usage: picture.py KIND:WIDTH:HEIGHT[:TIMES] ...

All is integer arithmetic, so that every machine writes the same bytes.
"""

import sys
from collections.abc import Callable
from pathlib import Path
from random import Random

Colour = tuple[int, int, int]
Painter = Callable[[int, int], Colour]


def lattice(seed: int, size: int = 64) -> list[int]:
    """Return random bytes, a square of them in one list."""
    draw = Random(seed).random
    return [int(draw() * 256) for _ in range(size * size)]


def smooth(values: list[int], x: int, y: int, step: int) -> int:
    """Return the value at a point between the points of a 64 x 64 lattice that are a step apart."""
    column, right = divmod(x, step)
    row, down = divmod(y, step)
    corners = [values[(row + dy) % 64 * 64 + (column + dx) % 64] for dy in (0, 1) for dx in (0, 1)]
    above = corners[0] * (step - right) + corners[1] * right
    below = corners[2] * (step - right) + corners[3] * right
    return (above * (step - down) + below * down) // (step * step)


def photo(width: int, height: int) -> Painter:
    """Return a landscape: a sky that fades, hills with grain, a disc with a hard edge."""
    hills, grain = lattice(21), lattice(22)

    def paint(x: int, y: int) -> Colour:
        level = height // 2 + smooth(hills, x, 0, 48) - 128
        fine = grain[y % 64 * 64 + x % 64] // 16
        if (x - width // 4) ** 2 + (y - height // 5) ** 2 < (height // 9) ** 2:
            return (250, 240 - fine, 150 + fine)
        if y < level:
            return (80 + y * 100 // height, 120 + y * 90 // height, 235 - y * 40 // height)
        dark = smooth(hills, x, y, 16) // 3
        return (40 + dark + fine, 90 + dark - fine, 30 + dark // 2 + fine)

    return paint


def texture(width: int, height: int) -> Painter:
    """Return clouds of four sizes, each colour its own."""
    values = [lattice(31 + colour) for colour in range(3)]

    def shade(colour: int, x: int, y: int) -> int:
        return sum(smooth(values[colour], x, y, 48 >> part) >> part for part in range(4)) * 8 // 15

    return lambda x, y: (shade(0, x, y), shade(1, x, y), shade(2, x, y))


def screen(width: int, height: int) -> Painter:
    """Return what a program shows: few colours, straight edges, rows of small signs."""
    signs = lattice(41)
    colours = [(255, 255, 255), (230, 230, 240), (20, 40, 120), (0, 0, 0), (200, 30, 30)]

    def paint(x: int, y: int) -> Colour:
        if y % 96 < 10:
            return colours[2]
        if x % 160 == 0 or y % 96 == 95:
            return colours[3]
        sign = signs[(y // 12 * 37 + x // 8 * 11) % len(signs)]
        inked = y % 12 < 8 and x % 8 < 6 and sign & 3 and sign * (x % 8 + 3) * (y % 12 + 5) & 32
        return colours[3 + (sign > 240)] if inked else colours[y // 96 % 2]

    return paint


def noise(width: int, height: int) -> Painter:
    """Return what has no pattern at all."""
    draw = Random(51).random
    return lambda x, y: (int(draw() * 256), int(draw() * 256), int(draw() * 256))


KINDS: dict[str, Callable[[int, int], Painter]] = {
    "photo": photo,
    "texture": texture,
    "screen": screen,
    "noise": noise,
}

for word in sys.argv[1:]:
    kind, *sizes = word.split(":")
    width, height, times = map(int, [*sizes, "1"][:3])
    painter = KINDS[kind](width, height)
    pixels = bytearray()
    for y in range(height):
        for x in range(width):
            pixels.extend(max(0, min(255, part)) for part in painter(x, y))
    header = f"P6\n{width} {height * times}\n255\n"
    Path(f"{kind}.ppm").write_bytes(header.encode() + pixels * times)
