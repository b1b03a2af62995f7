from __future__ import annotations

import pytest
from rich.console import Console

from regalloc.errors import CorpusError
from regalloc.pipeline.execute import Timing
from regalloc.pipeline.plan import Action, Kind
from regalloc.pipeline.show import format_duration, plan_table, print_error, times_table


@pytest.mark.parametrize(
    ("seconds", "text"),
    [(0.2, "0s"), (59.6, "1m 00s"), (61, "1m 01s"), (3723, "1h 02m 03s")],
)
def test_format_duration(seconds, text):
    assert format_duration(seconds) == text


def shown(table) -> list[str]:
    console = Console(width=80)
    with console.capture() as capture:
        console.print(table)
    return [line.rstrip() for line in capture.get().splitlines()]


def test_plan_table_has_an_action_a_row():
    actions = [
        Action("stage", "trace", Kind.RUN, "setting Corpus.targets changed from ['a'] to ['b']"),
        Action("stage", "vocab", Kind.SKIP, "up to date"),
    ]
    assert shown(plan_table(actions, "plan")) == [
        "plan",
        "step               why",
        "stage trace  run   setting Corpus.targets changed from ['a'] to ['b']",
        "stage vocab  skip  up to date",
    ]


def test_times_table_ends_with_the_sum():
    timing = Timing(Action("stage", "trace", Kind.RUN, "never run"), 61.0)
    assert shown(times_table([timing, timing])) == [
        "stage trace  1m 01s",
        "stage trace  1m 01s",
        "all          2m 02s",
    ]


def test_print_error_goes_to_standard_error_unbroken(capsys):
    print_error(CorpusError("bad [corpus]", "x" * 300, "make it again"))
    out, err = capsys.readouterr()
    assert (out, err) == ("", f"error: bad [corpus]\n{'x' * 300}\nwhat to do: make it again\n")
