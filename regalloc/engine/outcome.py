"""What the end of a stage means: its exit code becomes nothing or one error."""

from __future__ import annotations

import re
import shlex
import signal
from collections import deque
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import TextIO

from regalloc.errors import MemoryLimitError, RegallocError, StageError
from regalloc.text import printable

TAIL_LINES = 20
_LONGEST_LINE = 1 << 16
_LOG_CHARACTERS = 1 << 26
_ESCAPES = re.compile(r"\x1b\[[0-9;?]*[A-Za-z]")
_NAMELESS = (RegallocError.exit_code, StageError.exit_code)


class Tail:
    """The last lines of a stream of bytes, without terminal escapes; all of them go to a log.

    Args:
        log: where lines are written as they end; None for nowhere.
    """

    def __init__(self, log: TextIO | None = None) -> None:
        self._lines: deque[str] = deque(maxlen=TAIL_LINES)
        self._rest = ""
        self._log = log
        self._logged = 0

    def feed(self, chunk: bytes) -> None:
        """Take the next bytes; a carriage return overwrites its line as a terminal would."""
        *whole, rest = (self._rest + chunk.decode(errors="replace")).split("\n")
        # What draws on one line without end is kept no longer than a terminal shows it.
        self._rest = rest[-_LONGEST_LINE:]
        for line in map(_clean, whole):
            self._lines.append(line)
            self._write(line)

    def end(self) -> None:
        """Write the line that did not end."""
        if self._rest.strip():
            self._write(_clean(self._rest))

    def _write(self, line: str) -> None:
        if self._log is None or self._logged > _LOG_CHARACTERS:
            return
        self._logged += len(line) + 1
        full = self._logged > _LOG_CHARACTERS
        self._log.write("the rest is left out: the log is full\n" if full else f"{line}\n")

    def text(self) -> str:
        """Return the last lines, one a line."""
        lines = self._lines.copy()
        if self._rest.strip():
            lines.append(_clean(self._rest))
        return "\n".join(lines)


def _clean(line: str) -> str:
    return printable(_ESCAPES.sub("", line).rstrip("\r").rsplit("\r", 1)[-1])


@contextmanager
def open_log(path: Path | None) -> Iterator[TextIO | None]:
    """Yield the file that a stage's lines are written to, or None where none is wanted."""
    if path is None:
        yield None
        return
    with path.open("w", encoding="utf-8", errors="backslashreplace", buffering=1) as file:
        yield file


def describe_exit(code: int) -> str:
    """Return an exit code in words; 128 + n and -n are signal n."""
    number = -code if code < 0 else code - 128
    try:
        return f"signal {signal.Signals(number).name}" if number > 0 else f"exit code {code}"
    except ValueError:
        return f"exit code {code}"


def describe_failure(argv: Sequence[str], code: int, tail: str, log: Path | None = None) -> str:
    """Return what there is to say of a failed command: itself, its end, its log, its last lines."""
    place = f"log: {log}\n" if log else ""
    return f"command: {shlex.join(argv)}\nended with: {describe_exit(code)}\n{place}{tail}"


def _subclasses(kind: type[RegallocError]) -> Iterator[type[RegallocError]]:
    for child in kind.__subclasses__():
        yield child
        yield from _subclasses(child)


def owner(code: int) -> type[RegallocError] | None:
    """Return the error class that owns an exit code, or None."""
    if code in _NAMELESS:
        return None
    return next((kind for kind in _subclasses(RegallocError) if kind.exit_code == code), None)


def check_exit(
    stage: str, argv: tuple[str, ...], code: int, tail: str, out_of_memory: bool = False
) -> None:
    """Raise the error an exit code stands for; 0 is none.

    Raises:
        RegallocError: the class that owns the code; the stage has already said why.
        MemoryLimitError: the stage was killed for its memory.
        StageError: anything else.
    """
    if code == 0:
        return
    if (kind := owner(code)) is not None:
        raise kind(f"stage {stage} failed")
    details = describe_failure(argv, code, tail)
    if out_of_memory:
        raise MemoryLimitError(
            f"stage {stage} ran out of memory", details, "use fewer --jobs, or more memory"
        )
    raise StageError(f"stage {stage} failed", details, "this is a bug; run it with --debug")
