import shutil
import subprocess

import pytest

from regalloc.errors import ProgramError
from regalloc.programs import cachegrind
from regalloc.report.programs_result import Counts
from tests.unit.programs.fakes import make_valgrind, write_script

TEXT = """\
desc: I1 cache:         32768 B, 64 B, 8-way associative
cmd: ./summary: of things
events: Ir I1mr ILmr Dr D1mr DLmr Dw D1mw DLmw
fl=a.c
fn=main
12 5 1 1 2 0 0 3 0 0
summary: 4378628 8827 2425 1083274 8124 1540 703371 2945 2441
"""


def test_totals_are_read_by_the_names_of_their_events():
    assert cachegrind.read_counts(TEXT) == Counts(
        instructions=4378628, data_reads=1083274, data_writes=703371
    )


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("", "the file has no summary"),
        (TEXT.replace(" 2441\n", "\n"), "9 events and 8 totals"),
        (TEXT.replace("Dw D1mw", "Xw D1mw"), "the event Dw was not counted"),
    ],
)
def test_a_file_without_the_totals_is_refused(text, message):
    with pytest.raises(ValueError, match=message):
        cachegrind.read_counts(text)


@pytest.mark.skipif(not shutil.which("valgrind"), reason="valgrind is not installed")
def test_valgrind_writes_what_we_read_and_counts_the_same_twice(tmp_path):
    counts = []
    for name in ("a", "b"):
        path = tmp_path / name
        argv = (*cachegrind.count_prefix(path), "/bin/true")
        run = subprocess.run(argv, capture_output=True, env={"PATH": "/usr/bin:/bin"}, check=True)
        assert run.stdout == b""
        counts.append(cachegrind.read_counts(path.read_text()))
    assert counts[0] == counts[1]
    assert min(counts[0].instructions, counts[0].data_reads, counts[0].data_writes) > 1000


def test_the_version_is_valgrinds_own(tmp_path, monkeypatch):
    monkeypatch.setattr(cachegrind, "VALGRIND", str(make_valgrind(tmp_path)))
    assert cachegrind.find_valgrind() == "3.19.0"


def test_a_missing_valgrind_is_named_with_what_to_do(tmp_path, monkeypatch):
    monkeypatch.setattr(cachegrind, "VALGRIND", str(tmp_path / "none"))
    with pytest.raises(ProgramError) as caught:
        cachegrind.find_valgrind()
    assert caught.value.render() == (
        "error: valgrind is missing\nwhat to do: with docker, rebuild the image programs; "
        "with the local engine: apt install valgrind"
    )


def test_a_valgrind_that_does_not_run_is_named(tmp_path, monkeypatch):
    script = write_script(tmp_path / "valgrind", "#!/bin/sh\necho no such tool >&2\nexit 1\n")
    monkeypatch.setattr(cachegrind, "VALGRIND", str(script))
    with pytest.raises(ProgramError) as caught:
        cachegrind.find_valgrind()
    assert caught.value.render() == (
        "error: valgrind does not run\nno such tool\n"
        "what to do: install it again: apt install --reinstall valgrind"
    )
