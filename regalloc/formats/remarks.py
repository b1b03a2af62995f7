"""Read how much spill code the allocator left in each function, from its optimisation remarks.

With ``-opt-record-file`` greedy tells at the end of a function what it left there, and in each of
its loops.  The file is a stream of YAML documents in one fixed shape, so a line tells what it is.

Source: ``RAGreedy::reportStats`` in ``llvm/lib/CodeGen/RegAllocGreedy.cpp``.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from pathlib import Path

PASS = "regalloc"

_LINE = re.compile(r"(?:  - )?(\w+): +(.*)")
_DOCUMENT = re.compile("^--- ", re.MULTILINE)
_FUNCTION_REMARK = "SpillReloadCopies"
_COUNTS = {
    "NumSpills": "spills",
    "NumFoldedSpills": "spills",
    "NumReloads": "reloads",
    "NumFoldedReloads": "reloads",
    "NumVRCopies": "copies",
}
_DIGITS = 18
_ESCAPE = re.compile(r"\\(x[0-9A-Fa-f]{2}|u[0-9A-Fa-f]{4}|U[0-9A-Fa-f]{8}|.)")


@dataclass(frozen=True)
class SpillCode:
    """Instructions that the allocator left in a function, or in several.

    Attributes:
        spills: stores to stack slots, folded ones included.
        reloads: loads from stack slots, folded ones included.
        copies: between registers.
    """

    spills: int = 0
    reloads: int = 0
    copies: int = 0

    def __add__(self, other: SpillCode) -> SpillCode:
        return SpillCode(
            self.spills + other.spills, self.reloads + other.reloads, self.copies + other.copies
        )


def read_remarks(path: Path) -> dict[str, SpillCode]:
    """Return each function's spill code; a function without any has no remark.

    Where the allocator runs several times for a function, the last run sees all there is.

    Raises:
        ValueError: a count or a name does not parse.
        OSError: the file cannot be read.
    """
    found: dict[str, SpillCode] = {}
    text = path.read_text(encoding="utf-8", errors="surrogateescape")
    for document in _DOCUMENT.split(text):
        matches = map(_LINE.fullmatch, document.splitlines())
        fields = [(match[1], match[2]) for match in matches if match]
        texts = dict(fields)
        if texts.get("Pass") == PASS and texts.get("Name") == _FUNCTION_REMARK:
            if "Function" not in texts:
                raise ValueError("a remark names no function")
            found[_unquote(texts["Function"])] = _count(fields)
    return found


def _count(fields: list[tuple[str, str]]) -> SpillCode:
    counts = dict.fromkeys(_COUNTS.values(), 0)
    for key, value in fields:
        if key in _COUNTS:
            counts[_COUNTS[key]] += _number(_unquote(value))
    return SpillCode(**counts)


def _number(text: str) -> int:
    if not text.isascii() or not text.isdecimal() or len(text) > _DIGITS:
        raise ValueError(f"{text[:20]!r} is no count")
    return int(text)


def _unquote(scalar: str) -> str:
    """Return the text of a YAML scalar, plain or in quotes of either kind."""
    if scalar.startswith("'"):
        return scalar[1:-1].replace("''", "'")
    if scalar.startswith('"'):
        return _ESCAPE.sub(_unescape, scalar[1:-1])
    return scalar


def _unescape(match: re.Match[str]) -> str:
    code = match[1]
    return chr(int(code[1:], 16)) if len(code) > 1 else code
