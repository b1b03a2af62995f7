"""Write families of related sequences: proteins, and genes with longer gaps."""

from pathlib import Path
from random import Random

draw = Random(9).random


def change(sequence: str, letters: str, rate: float, gap: int) -> str:
    """Return a descendant of a sequence: letters exchanged, stretches lost and doubled."""
    kept: list[str] = []
    place = 0
    while place < len(sequence):
        luck = draw()
        if luck < rate / 8:
            place += 1 + int(draw() * gap)
            continue
        if luck < rate / 5:
            kept.append(sequence[place : place + 1 + int(draw() * gap)])
        kept.append(letters[int(draw() * len(letters))] if draw() < rate else sequence[place])
        place += 1
    return "".join(kept)


def family(letters: str, length: int, size: int, rate: float, gap: int) -> list[str]:
    """Return sequences, each a descendant of an earlier one."""
    members = ["".join(letters[int(draw() * len(letters))] for _ in range(length))]
    while len(members) < size:
        members.append(change(members[int(draw() * len(members))], letters, rate, gap))
    return members


def write(name: str, members: list[str]) -> None:
    """Write sequences as FASTA."""
    lines = [f">{name}{number}\n{member}" for number, member in enumerate(members)]
    Path(f"{name}.fa").write_text("\n".join(lines) + "\n", encoding="ascii")


AMINO_ACIDS = "AARNDCQEGGHILLKMFPSSTWYVV"
write("close", family(AMINO_ACIDS, 120, 24, 0.1, 3))
write("distant", family(AMINO_ACIDS, 150, 14, 0.35, 5))
write("genes", family("ACGT", 400, 8, 0.12, 12))
