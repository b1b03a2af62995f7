import pytest

from regalloc.programs.variants import find_variant
from regalloc.report.programs_result import BuildResult
from regalloc.summary.program_ratios import (
    MEMORY,
    compile_ratio,
    count_ratios,
    geometric_mean,
    text_ratio,
    wall_noise,
    wall_ratios,
)
from tests.unit.report.program_samples import make_program, make_programs, make_timing

SEARCHED = find_variant("searched")


def test_counts_are_over_the_bases_by_workload():
    profile, searched = find_variant("profile"), find_variant("profile-searched")
    program = make_program("lua", {"run": {"profile": 0.5, "profile-searched": 0.4}})
    assert count_ratios(program, profile, "instructions") == {"run": 0.5}
    assert count_ratios(program, searched, "instructions") == {"run": pytest.approx(0.8)}
    assert count_ratios(program, profile, "stores") == {"run": 1.0}
    assert count_ratios(program, profile, MEMORY) == {"run": 100_000 / 150_000}


@pytest.mark.parametrize("outcome", ["miscompile", "build failed", "no base"])
def test_a_build_that_did_not_end_well_has_no_ratio(outcome):
    program = make_program(
        "lua", {"run": {"searched": 0.9}}, builds={"searched": BuildResult(outcome=outcome)}
    )
    times = make_programs([], [], compile_s={"lua": {"default": 1.0, "searched": 2.0}}).times
    assert count_ratios(program, SEARCHED, MEMORY) == {}
    assert text_ratio(program, SEARCHED) is None
    assert compile_ratio(program, SEARCHED, times) is None


def test_code_and_compiles_are_over_the_bases():
    program = make_program("lua", {"run": {"searched": 0.9}})
    times = make_programs([], [], compile_s={"lua": {"default": 2.0, "searched": 3.0}}).times
    assert text_ratio(program, SEARCHED) == 0.99
    assert compile_ratio(program, SEARCHED, times) == 1.5
    assert compile_ratio(program, SEARCHED, make_programs([], []).times) is None


def test_elapsed_time_is_a_mean_over_pairs_of_rounds():
    program = make_program("lua", {"run": {"searched": 0.9}})
    times = make_programs([], [], [make_timing("lua", 0.9, again=1.1)]).times
    assert wall_ratios(program, SEARCHED, times) == {"run": pytest.approx(0.9)}
    assert wall_noise(program, times) == {"run": pytest.approx(1.1)}


def test_what_was_not_timed_has_no_time():
    program = make_program("lua", {"run": {"policy": 0.9}})
    times = make_programs([], [], [make_timing("lua", 0.9), make_timing("zstd", 0.9)]).times
    assert wall_ratios(program, find_variant("policy"), times) == {}
    assert wall_noise(make_program("own", {}), times) == {}


def test_a_mean_is_geometric():
    assert geometric_mean([0.5, 2.0]) == pytest.approx(1.0)
