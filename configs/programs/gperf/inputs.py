"""Write keywords for gperf: sets that have a perfect hash function, and one too large for it."""

from pathlib import Path
from random import Random

# Of all that the generator offers, only random() is promised to stay as it is.
draw = Random(5).random


def keywords(count: int) -> str:
    """Return different words, sorted, one a line."""
    words: set[str] = set()
    while len(words) < count:
        words.add("".join(chr(97 + int(draw() * 26)) for _ in range(int(3 + draw() * 9))))
    return "\n".join(sorted(words)) + "\n"


Path("short").write_text(keywords(400), encoding="ascii")
Path("long").write_text(keywords(1000), encoding="ascii")
Path("middle").write_text(keywords(450), encoding="ascii")
