from __future__ import annotations

from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from regalloc.engine.passage import Passage

BAR = "\x1b[?25l\r\x1b[2K\x1b[1;32mtrain\x1b[0m ━━ 3/4 äöü\x1b[1A\x1b[?25h\n"


def passed(*chunks: bytes) -> str:
    passage = Passage()
    return b"".join([*map(passage.feed, chunks), passage.end()]).decode()


def test_a_progress_bar_passes():
    assert passed(BAR.encode()) == BAR


@pytest.mark.parametrize(
    ("said", "shown"),
    [
        ("\x1b]0;title\x07", "\\x1b]0;title\\x07"),
        ("\x1b]8;;http://x\x1b\\link", "\\x1b]8;;http://x\\x1b\\link"),
        ("\x1bP+q544e\x1b\\", "\\x1bP+q544e\\x1b\\"),
        ("\x1b[5n\x1b[c", "\\x1b[5n\\x1b[c"),
        ("\x1b[?1049h", "\\x1b[?1049h"),
        ("\x1b[2J\x1b[H\x1b[20t", "\x1b[2J\\x1b[H\\x1b[20t"),
        ("\x1bc", "\\x1bc"),
        ("\x9b31m", "\\x9b31m"),
        ("\u202eabc", "\\u202eabc"),
        ("a\x1b", "a\\x1b"),
        ("a\x1b[12", "a\\x1b[12"),
    ],
)
def test_other_sequences_are_shown_and_not_obeyed(said, shown):
    assert passed(said.encode()) == shown


def test_what_is_no_utf8_is_shown():
    assert passed(b"caf\xe9 \xc3") == "caf\\xe9 \\xc3"


@given(st.data())
def test_it_does_not_matter_where_chunks_are_cut(data):
    pieces = st.sampled_from([BAR, "\x1b]0;x\x07", "\x1b[", "\x1b", "é", "漢", "\r\n", "[3m", "x"])
    said = "".join(data.draw(st.lists(pieces, max_size=8))).encode()
    cuts = sorted(data.draw(st.lists(st.integers(0, len(said)), max_size=6)))
    places = [0, *cuts, len(said)]
    chunks = [said[a:b] for a, b in pairwise(places)]
    assert passed(*chunks) == passed(said)
