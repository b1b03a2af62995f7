from __future__ import annotations

from pathlib import Path

import pytest
from rich.console import Console

from regalloc.pipeline.execute import ActionTime, PlanTimes
from regalloc.pipeline.plan import ImageAction, Kind, Plan, StageAction
from regalloc.pipeline.step import resolve_stage
from regalloc.stages.table import find
from regalloc.terminal.plan_table import (
    format_duration,
    plan_table,
    print_plan,
    print_times,
    times_table,
)


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


@pytest.fixture
def planned(wish) -> Plan:
    trace, vocab = (resolve_stage(find(name), wish) for name in ("trace", "vocab"))
    why = "setting Corpus.targets changed from ['a'] to ['b']"
    return Plan(
        images=(ImageAction(wish.targets["base"], Kind.SKIP, "image regalloc-base:1 exists"),),
        stages=(
            StageAction(trace, Kind.RUN, why),
            StageAction(vocab, Kind.SKIP, "up to date"),
        ),
    )


def test_plan_table_has_an_action_a_row(planned):
    assert shown(plan_table(planned, "plan")) == [
        "plan",
        "step               why",
        "image base   skip  image regalloc-base:1 exists",
        "stage trace  run   setting Corpus.targets changed from ['a'] to ['b']",
        "stage vocab  skip  up to date",
    ]


def test_times_table_ends_with_the_time_of_all(planned):
    timing = ActionTime(planned.stages[0], 61.0)
    assert shown(times_table(PlanTimes((timing, timing), 90.0))) == [
        "stage trace  1m 01s",
        "stage trace  1m 01s",
        "all          1m 30s",
    ]


def test_print_plan_counts_what_is_to_be_done(planned, capsys):
    print_plan(planned, "would do")
    assert capsys.readouterr().out.splitlines()[-1] == "1 to run, 2 up to date or not needed"


def test_print_times_says_where_the_results_of_stages_are(planned, capsys):
    print_times(planned, PlanTimes((ActionTime(planned.stages[0], 1.0),), 1.0), Path("/run"))
    assert capsys.readouterr().out.splitlines()[-1] == "results: /run"
    print_times(
        Plan(planned.images), PlanTimes((ActionTime(planned.images[0], 1.0),), 1.0), Path("/run")
    )
    assert [line.rstrip() for line in capsys.readouterr().out.splitlines()] == [
        "image base  1s",
        "all         1s",
    ]
    print_times(planned, PlanTimes((), 0.0), Path("/run"))
    assert capsys.readouterr().out.splitlines()[0].rstrip() == "everything is up to date"
