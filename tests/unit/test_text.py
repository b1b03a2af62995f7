from __future__ import annotations

import io

import pytest

from regalloc.console import PlainConsole
from regalloc.errors import CorpusError
from regalloc.terminal.messages import print_error, say
from regalloc.text import PrintableOutput, printable

HOSTILE = "a\x1b]0;title\x07\x1b[2J[red]:fire:\u202eb\udce9"
SHOWN = "a\\x1b]0;title\\x07\\x1b[2J[red]:fire:\\u202eb\\xe9"


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        (HOSTILE, SHOWN),
        ("line\n\ttab äöü 漢字 🔥", "line\n\ttab äöü 漢字 🔥"),
        ("a\rb\x7f\x9bm", "a\\x0db\\x7f\\x9bm"),
        ("\ud800", "\\ud800"),
    ],
)
def test_what_steers_a_terminal_is_shown_as_its_number(text, shown):
    assert printable(text) == shown
    assert printable(shown) == shown


def test_an_error_and_a_line_show_names_as_they_are(capsys):
    print_error(CorpusError("broken", HOSTILE, "[link=x]look[/link]"))
    assert capsys.readouterr().err == f"error: broken\n{SHOWN}\nwhat to do: [link=x]look[/link]\n"
    say(HOSTILE)
    assert capsys.readouterr().out == f"==> {SHOWN}\n"


def test_a_table_shows_names_as_they_are():
    from rich.table import Table

    table = Table(title=HOSTILE, box=None, pad_edge=False)
    table.add_column("name", overflow="fold")
    table.add_row(HOSTILE)
    console = PlainConsole(file=io.StringIO(), width=100, force_terminal=True)
    console.print(table)
    written = console.file.getvalue()
    assert written.count(SHOWN) == 2
    assert "\x07" not in written
    assert "\x1b[2J" not in written


def test_output_of_a_stage_takes_any_name():
    raw = io.BytesIO()
    output = PrintableOutput(raw, encoding="utf-8", write_through=True)
    print(HOSTILE, file=output)
    assert raw.getvalue() == f"{SHOWN}\n".encode()
