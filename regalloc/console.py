"""The terminal that everything is printed to: as it is written, and nothing in it is a command."""

from __future__ import annotations

import signal
import sys
from typing import Any

from rich.console import Console
from rich.text import Text

from regalloc.text import printable


class PlainConsole(Console):
    """A console for which ``[red]`` and ``:fire:`` are words, and control characters are shown.

    Names in tables and errors come from corpora, policies and packages.

    Args:
        **options: those of rich's console.
    """

    def __init__(self, **options: Any) -> None:
        super().__init__(**{"markup": False, "emoji": False, "highlight": False, **options})

    def on_broken_pipe(self) -> None:
        """Leave without a word, as other programs do when nobody reads them any more."""
        try:
            super().on_broken_pipe()
        except SystemExit:
            sys.exit(128 + signal.SIGPIPE)

    def render_str(self, text: str, **options: Any) -> Text:
        """Return a text to print, with escapes for what a terminal would obey."""
        return super().render_str(printable(text), **options)
