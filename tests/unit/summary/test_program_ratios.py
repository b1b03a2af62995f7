import math

import pytest

from regalloc.page.render import render
from regalloc.report.programs_result import (
    Counts,
    ProgramResult,
    ProgramsResult,
    ProgramTimes,
    Rounds,
    WorkloadResult,
    WorkloadTiming,
    divide,
)
from regalloc.summary.program_ratios import describe_programs
from regalloc.summary.run_summary import RunSummary
from tests.unit.report.samples import make_report


def counts(factor=1.0):
    return Counts(
        instructions=int(10**6 * factor), data_reads=int(10**5 * factor), data_writes=50_000
    )


def program(name, factor, outcome="ok", **more):
    default, policy = counts(), counts(factor)
    workload = WorkloadResult(
        name="run",
        default=default,
        again=default,
        policy=policy,
        ratio=divide(policy, default),
        noise=divide(default, default),
    )
    known = {"objects": 9, "differing": ["a.o"], "text_default": 1000, "text_policy": 990}
    return ProgramResult(
        name=name,
        kind="interpreter",
        source="a Debian package",
        outcome=outcome,
        workloads=[workload] if outcome in ("ok", "same code") else [],
        **{**known, **more},
    )


def timing(name, policy, again=1.0):
    default = [1.0 + step / 100 for step in range(8)]
    wall = Rounds(
        default=default,
        policy=[seconds * policy for seconds in default],
        again=[seconds * again for seconds in default],
    )
    return WorkloadTiming(program=name, workload="run", wall_s=wall, user_s=wall)


def make_programs(programs, timings=()):
    times = ProgramTimes(rounds=8, counters_missing="no perf here", timings=list(timings))
    return ProgramsResult(
        version=1,
        release="k",
        compiler="clang version 19.1.7",
        flags="-O2",
        counted_by="valgrind-3.19.0",
        programs=programs,
        times=times,
    )


def test_totals_are_judged_over_programs():
    programs = [program(f"p{i}", 0.97 + i / 1000) for i in range(7)]
    found = {total.name: total for total in describe_programs(make_programs(programs)).totals}
    assert found["instructions"].outcome == "better"
    assert found["instructions"].estimate.ratio == pytest.approx(0.973, abs=1e-4)
    assert found["data writes"].outcome == "no difference"
    assert set(found) == {"instructions", "data reads", "data writes"}


def test_few_programs_show_nothing():
    found = describe_programs(make_programs([program("p", 0.5), program("q", 0.5)])).totals
    assert {total.outcome for total in found} == {"unknown"}


def test_elapsed_time_is_held_against_the_noise():
    programs = [program(f"p{i}", 1.0) for i in range(5)]
    quiet = [timing(f"p{i}", 0.95 - i / 1000) for i in range(5)]
    noisy = [timing(f"p{i}", 0.95 - i / 1000, again=1.2) for i in range(5)]
    outcomes = [
        describe_programs(make_programs(programs, timings)).totals[-1].outcome
        for timings in (quiet, noisy)
    ]
    assert outcomes == ["better", "no difference"]


def test_a_workloads_time_has_an_interval_of_its_rounds():
    (row,) = describe_programs(make_programs([program("p", 1.0)], [timing("p", 0.9)])).rows
    assert row.wall.ratio == pytest.approx(0.9)
    assert math.isclose(row.wall.interval.low, row.wall.interval.high, rel_tol=1e-9)
    assert row.text_ratio == 0.99


def test_what_was_not_timed_has_no_time():
    (row,) = describe_programs(make_programs([program("p", 1.0, "same code")])).rows
    assert (row.wall, row.wall_noise) == (None, None)


def test_page_shows_programs_that_ended_well_and_those_that_did_not():
    broken = program(
        "sqlite", 1.0, "miscompile", blame="policy", culprits=["shell.o"], details="<expected> 1"
    )
    programs = make_programs([program("lua", 0.98), broken], [timing("lua", 0.97)])
    page = render(RunSummary(title="quick", report=make_report(), programs=programs))
    for words in ("lua", "0.9800", "1 of 9", "miscompile", "objects to blame: shell.o",
                  "&lt;expected&gt; 1", "no perf here", "valgrind-3.19.0"):  # fmt: skip
        assert words in page
    assert 'href="#programs"' in page


def test_page_without_programs_does_not_mention_them():
    page = render(RunSummary(title="quick", report=make_report()))
    assert 'id="programs"' not in page
    assert 'href="#programs"' not in page


def test_page_of_programs_that_all_failed_has_no_table_of_them():
    programs = make_programs([program("lua", 1.0, "build failed", blame="program")])
    dynamic = describe_programs(programs)
    assert (dynamic.rows, dynamic.totals) == ((), ())
    assert "build failed" in render(RunSummary(title="q", report=make_report(), programs=programs))
