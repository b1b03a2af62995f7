"""Write text that compresses as prose does: words rare and frequent, phrases that come again."""

from pathlib import Path
from random import Random

WORDS = 4000
PHRASES = 500
TEXT_BYTES = 6_000_000
PART_BYTES = 150_000
LETTERS = "etaoinshrdlcumwfgypbvk"


def main() -> None:
    """Write ``text``, and its beginning as ``part``."""
    # Of all that the generator offers, only random() is promised to stay as it is.
    draw = Random(1).random
    words = [
        "".join(pick(LETTERS, draw() * draw()) for _ in range(int(2 + draw() * 8)))
        for _ in range(WORDS)
    ]
    phrases = [
        " ".join(pick(words, draw()) for _ in range(int(3 + draw() * 6))) for _ in range(PHRASES)
    ]
    pieces: list[str] = []
    size = 0
    while size < TEXT_BYTES:
        piece = pick(phrases, draw()) if draw() < 0.2 else pick(words, draw() * draw() * draw())
        pieces.append(piece + (".\n" if draw() < 0.1 else " "))
        size += len(pieces[-1])
    text = "".join(pieces).encode("ascii")
    Path("text").write_bytes(text)
    Path("part").write_bytes(text[:PART_BYTES])


def pick(items: str | list[str], place: float) -> str:
    """Return the item at a place between 0 and 1."""
    return items[int(place * len(items))]


main()
