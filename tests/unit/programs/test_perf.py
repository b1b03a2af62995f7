import pytest

from regalloc.programs import perf
from regalloc.report.programs_result import Events
from tests.unit.programs.fakes import write_script

COUNTED = """\
# started on Mon Nov 23 22:59:57 2026

123456,,instructions:u,1000,100.00,,
6543,,cycles:u,1000,100.00,,
"""
MISSING = """\
# started on Mon Nov 23 22:59:57 2026

<not supported>,,instructions:u,0,100.00,,
<not supported>,,cycles:u,0,100.00,,
"""


@pytest.mark.parametrize(
    ("text", "events"),
    [
        (COUNTED, Events(instructions=123456, cycles=6543)),
        (MISSING, Events(instructions=None, cycles=None)),
        ("", Events(instructions=None, cycles=None)),
    ],
)
def test_events_are_counts_or_nothing(text, events):
    assert perf.read_events(text) == events


def fake(tmp_path, monkeypatch, text):
    script = write_script(tmp_path / "perf", f"#!/bin/sh\n{text}\n")
    monkeypatch.setattr(perf, "PERF", str(script))


def test_a_missing_perf_is_a_reason(tmp_path, monkeypatch):
    monkeypatch.setattr(perf, "PERF", str(tmp_path / "none"))
    assert perf.explain_missing() == "perf is not installed"


def test_a_refused_perf_is_a_reason_with_its_own_words(tmp_path, monkeypatch):
    fake(tmp_path, monkeypatch, "echo 'Error:' >&2; echo 'No permission.' >&2; exit 255")
    assert perf.explain_missing() == "perf does not run here: Error: No permission."


@pytest.mark.parametrize(
    ("text", "reason"),
    [
        (MISSING, "this processor's counters are not there, as in most virtual machines"),
        (COUNTED, ""),
    ],
)
def test_counters_that_are_not_there_are_a_reason(tmp_path, monkeypatch, text, reason):
    (tmp_path / "text").write_text(text)
    copy = f'for arg; do case $arg in --output=*) cp {tmp_path}/text "${{arg#*=}}" ;; esac; done'
    fake(tmp_path, monkeypatch, copy)
    assert perf.explain_missing() == reason
