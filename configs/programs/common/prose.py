"""Write text that reads like none and is built like prose: usage: prose.py NAME:WORDS:SEED ..."""

import sys
from pathlib import Path
from random import Random

STEMS = 900
ENDINGS = ("", "", "", "s", "ed", "ing", "er", "ly", "ness")
CONSONANTS = ("b", "c", "d", "f", "g", "l", "m", "n", "p", "r", "s", "t", "st", "tr", "ch", "v")
VOWELS = ("a", "e", "i", "o", "u", "ea", "ou")


def text(words: int, seed: int) -> str:
    """Return sentences of rare and frequent words, in paragraphs, with numbers and names."""
    # Of all that the generator offers, only random() is promised to stay as it is.
    draw = Random(seed).random

    def pick(items: tuple[str, ...] | list[str], place: float) -> str:
        return items[int(place * len(items))]

    stems = [
        "".join(pick(CONSONANTS, draw()) + pick(VOWELS, draw()) for _ in range(int(1 + draw() * 3)))
        for _ in range(STEMS)
    ]
    pieces: list[str] = []
    start = True
    for _ in range(words):
        word = pick(stems, draw() * draw() * draw()) + pick(ENDINGS, draw() * draw())
        if draw() < 0.02:
            word = str(int(draw() * 3000))
        pieces.append(word.capitalize() if start or draw() < 0.02 else word)
        start = draw() < 0.08
        mark = "." if start else "," if draw() < 0.06 else ""
        pieces.append(mark + ("\n\n" if start and draw() < 0.15 else "\n" if draw() < 0.1 else " "))
    return "".join(pieces) + "\n"


for argument in sys.argv[1:]:
    name, words, seed = argument.split(":")
    Path(name).write_text(text(int(words), int(seed)), encoding="ascii")
