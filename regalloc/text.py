"""Text from elsewhere, made fit to be shown: nothing in it steers a terminal or a page."""

from __future__ import annotations

import io
import re

# Control characters but for tab and newline, marks that turn the direction of what follows, and
# bytes that were no UTF-8.
_UNFIT = re.compile(
    "[\x00-\x08\x0b-\x1f\x7f-\x9f\u061c\u200e\u200f\u2028-\u202e\u2066-\u2069\ud800-\udfff]"
)


def printable(text: str) -> str:
    """Return a text with an escape in place of each character that does more than show itself.

    Tabs and newlines stay.  A byte of a name that is not UTF-8 shows as its number.
    """
    return _UNFIT.sub(_escape, text)


class PrintableOutput(io.TextIOWrapper):
    """Standard output on which names of modules and functions may be printed."""

    def write(self, text: str) -> int:
        """Write a text that is made fit to be shown."""
        return super().write(printable(text))


def _escape(found: re.Match[str]) -> str:
    number = ord(found[0])
    if 0xDC80 <= number <= 0xDCFF:
        number -= 0xDC00
    return f"\\x{number:02x}" if number < 0x100 else f"\\u{number:04x}"
