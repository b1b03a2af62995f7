import math

import pytest

from regalloc.programs.variants import find_variant, select_variants
from regalloc.report.programs_result import BuildResult
from regalloc.summary.program_ratios import MEMORY
from regalloc.summary.variant_gains import (
    CODE,
    COMPILE,
    ELAPSED,
    HELD_OUT,
    TRAINED_ON,
    Extreme,
    Span,
    group_programs,
    measure_gain,
)
from tests.unit.report.program_samples import make_program, make_programs, make_timing

SEARCHED = find_variant("searched")
PLAIN = select_variants(["searched"])


def gain(programs, timings=(), variant=SEARCHED, **more):
    return measure_gain(programs, variant, make_programs(PLAIN, programs, timings, **more).times)


def test_figures_are_judged_over_programs():
    found = gain([make_program(f"p{i}", {"run": {"searched": 0.97 + i / 1000}}) for i in range(7)])
    assert found.programs == 7
    figure = found.figures["instructions"]
    assert figure.outcome == "better"
    assert figure.estimate.ratio == pytest.approx(0.973, abs=1e-4)
    assert figure.estimate.interval.low < 0.973 < figure.estimate.interval.high < 1
    assert found.figures["stores"].outcome == "no difference"
    assert list(found.figures) == ["instructions", "loads", "stores", MEMORY, CODE]


def test_a_program_with_more_workloads_weighs_no_more():
    many = make_program("many", {f"run{i}": {"searched": 0.5} for i in range(9)})
    one = make_program("one", {"run": {"searched": 2.0}})
    assert gain([many, one]).figures["instructions"].estimate.ratio == pytest.approx(1.0)


def test_the_worst_are_named():
    programs = [
        make_program("lua", {"strings": {"searched": 1.02}, "tables": {"searched": 0.9}}),
        make_program("zstd", {"best": {"searched": 1.01}}),
    ]
    figure = gain(programs).figures["instructions"]
    assert figure.worst_program == Extreme("zstd", 1.01)
    assert figure.worst_workload == Extreme("lua strings", 1.02)


def test_few_programs_show_nothing():
    programs = [make_program(name, {"run": {"searched": 0.5}}) for name in "pqr"]
    found = gain(programs)
    assert {figure.outcome for figure in found.figures.values()} == {"unknown"}
    assert found.verdict == (
        "searched has too few programs to be told from default: 0.6667, 3 programs; "
        "worst program p 0.6667, worst workload p run 0.6667"
    )


def test_elapsed_time_is_held_against_the_noise():
    programs = [make_program(f"p{i}", {"run": {"searched": 1.0}}) for i in range(5)]
    quiet = [make_timing(f"p{i}", 0.95 - i / 1000) for i in range(5)]
    noisy = [make_timing(f"p{i}", 0.95 - i / 1000, again=1.2) for i in range(5)]
    outcomes = [gain(programs, each).figures[ELAPSED].outcome for each in (quiet, noisy)]
    assert outcomes == ["better", "no difference"]


def test_compile_time_is_a_mean_over_programs():
    programs = [make_program(f"p{i}", {"run": {"searched": 1.0}}) for i in range(4)]
    seconds = {f"p{i}": {"default": 10.0**i, "searched": 10.0**i * 1.5} for i in range(4)}
    figure = gain(programs, compile_s=seconds).figures[COMPILE]
    assert figure.estimate.ratio == pytest.approx(1.5)
    assert (figure.outcome, figure.worst_workload) == ("worse", None)


def test_a_build_that_failed_is_named_and_no_part_of_the_mean():
    programs = [make_program(f"p{i}", {"run": {"searched": 0.9}}) for i in range(4)]
    broken = make_program(
        "sqlite",
        {"run": {"searched": 3.0}},
        builds={"searched": BuildResult(outcome="miscompile")},
    )
    faulty = make_program("own", {"run": {"searched": 3.0}}, outcome="crashed")
    found = gain([*programs, broken, faulty])
    assert (found.programs, found.failed) == (4, {"sqlite": "miscompile"})
    assert found.figures["instructions"].estimate.ratio == pytest.approx(0.9)


def test_programs_that_were_trained_on_stand_apart():
    programs = [make_program(name, {"run": {"searched": 0.9}}) for name in ("lua", "xz", "zstd")]
    groups = group_programs(make_programs(PLAIN, programs, trained_on=["xz", "none"]))
    assert [(group.title, [one.name for one in group.programs]) for group in groups] == [
        (HELD_OUT, ["lua", "zstd"]),
        (TRAINED_ON, ["xz"]),
    ]
    assert [group.gains[0].programs for group in groups] == [2, 1]


def test_a_result_without_programs_has_no_group():
    assert group_programs(make_programs(PLAIN, [])) == ()


def test_a_picture_has_the_best_program_first_and_its_workloads_ends():
    factors = {"a": 0.94, "b": 0.7}
    programs = [
        make_program("lua", {"run": {"searched": 0.97}}),
        make_program("zstd", {name: {"searched": factor} for name, factor in factors.items()}),
    ]
    (group,) = group_programs(make_programs(PLAIN, programs))
    (picture,) = group.pictures
    assert picture.gain.variant == SEARCHED
    low, high = 0.8, 0.96
    assert picture.spans == (
        Span("zstd", pytest.approx(math.sqrt(low * high)), pytest.approx(low), pytest.approx(high)),
        Span("lua", *[pytest.approx(0.98)] * 3),
    )


def test_pictured_is_what_users_get_or_else_what_there_is():
    variants = select_variants(["policy", "searched", "profile-searched"])
    every = {variant.name: 0.9 for variant in variants if variant.base}
    (group,) = group_programs(make_programs(variants, [make_program("lua", {"run": every})]))
    names = [picture.gain.variant.name for picture in group.pictures]
    assert names == ["searched", "profile-searched"]
    old = make_programs(select_variants(["policy"]), [make_program("a", {"run": {"policy": 0.9}})])
    assert [one.gain.variant.name for one in group_programs(old)[0].pictures] == ["policy"]


def test_a_curve_has_a_point_for_each_number_of_draws_of_the_policy():
    variants = select_variants(["curve", "uniform", "profile-searched"])
    factors = {"searched-0": 0.98, "searched-2": 0.96, "searched": 0.94, "searched-24": 0.925}
    factors |= {"searched-64": 0.91, "uniform": 0.99, "profile": 0.8, "profile-searched": 0.7}
    lua = make_program("lua", {"run": factors})
    seconds = {"lua": {"default": 1.0, "searched": 1.2}}
    (group,) = group_programs(make_programs(variants, [lua], compile_s=seconds))
    (curve,) = group.curves
    assert curve.base == "default"
    assert [point.draws for point in curve.points] == [0, 2, 8, 24, 64]
    assert curve.points[2].memory.ratio == pytest.approx(0.96)
    assert [point.compile and point.compile.ratio for point in curve.points] == [
        None, None, pytest.approx(1.2), None, None,
    ]  # fmt: skip


@pytest.mark.parametrize(
    ("factors", "words"),
    [
        (
            (0.94, 0.95, 0.96, 0.97, 0.98),
            "searched executes fewer loads and stores than default: 0.97",
        ),
        (
            (1.02, 1.03, 1.04, 1.05, 1.06),
            "searched executes more loads and stores than default: 1.02",
        ),
        (
            (0.98, 1.02, 0.99, 1.01, 1.0),
            "searched shows no difference in loads and stores from default",
        ),
    ],
)
def test_a_verdict_is_of_the_interval(factors, words):
    programs = [
        make_program(f"p{i}", {"run": {"searched": factor}}) for i, factor in enumerate(factors)
    ]
    verdict = gain(programs).verdict
    assert verdict.startswith(words)
    assert "95 % interval " in verdict
    assert "5 programs; worst program p" in verdict
    assert ", worst workload p" in verdict


def test_a_verdict_without_anything_to_compare_says_so():
    broken = make_program(
        "a", {"run": {"searched": 1.0}}, builds={"searched": BuildResult(outcome="build failed")}
    )
    assert gain([broken]).verdict == "searched over default: no program could be compared"


def test_what_a_profile_and_a_search_gain_together_is_told_over_the_default():
    counts = {"run": {"profile": 0.9, "profile-searched": 0.81}}
    programs = [make_program(name, counts) for name in "pqr"]
    found = gain(programs, variant=find_variant("profile-searched"))
    # Stores are as many everywhere, a third of all.
    assert found.figures[MEMORY].estimate.ratio == pytest.approx((81 + 50) / (90 + 50))
    assert found.over_default.estimate.ratio == pytest.approx((81 + 50) / 150)
    assert found.verdict.endswith("; together over default 0.8733, worst program p 0.8733")
    assert gain(programs, variant=find_variant("profile")).over_default is None
