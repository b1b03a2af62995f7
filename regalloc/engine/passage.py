"""What a stage says, on its way to our terminal: it may colour and redraw, and nothing else."""

from __future__ import annotations

import codecs
import re

from regalloc.text import printable

# Colours, moves of the cursor, erased lines, and the cursor shown or hidden: progress bars.
_ALLOWED = re.compile(r"(\x1b\[[0-9;]{0,40}[A-DGJKm]|\x1b\[\?25[hl]|\r)")
_UNFINISHED = re.compile(r"\x1b(?:\[[0-9;?]{0,40})?\Z")


class Passage:
    """Passes bytes on in which every sequence is one of those that are allowed.

    Sequences and characters may be cut anywhere between two chunks.
    """

    def __init__(self) -> None:
        self._decoder = codecs.getincrementaldecoder("utf-8")(errors="surrogateescape")
        self._rest = ""

    def feed(self, chunk: bytes) -> bytes:
        """Return what may be shown of what came so far and was not returned yet."""
        text = self._rest + self._decoder.decode(chunk)
        cut = _UNFINISHED.search(text)
        self._rest = text[cut.start() :] if cut else ""
        return _clean(text[: cut.start()] if cut else text)

    def end(self) -> bytes:
        """Return what is left when nothing comes any more."""
        text, self._rest = self._rest + self._decoder.decode(b"", final=True), ""
        return _clean(text)


def _clean(text: str) -> bytes:
    # The split keeps what is allowed, in every second place.
    parts = _ALLOWED.split(text)
    parts[::2] = map(printable, parts[::2])
    return "".join(parts).encode()
