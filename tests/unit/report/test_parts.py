import math

import pytest

from regalloc.report.parts import compare_times, make_part, rate_module
from regalloc.report.report import Estimate
from regalloc.report.rows import DEFAULT, POLICY, FunctionCost, FunctionRow, ModuleCode, ModuleRow


def cost(score, spills=1):
    return FunctionCost(score=score, decisions=2, spills=spills, reloads=0, copies=0)


def function(module, name, default, policy, entries=None):
    costs = {DEFAULT: cost(default), POLICY: cost(policy)}
    return FunctionRow(
        module=module, function=name, title=name, namesake=0, entries=entries, costs=costs
    )


def module(name, *texts, digest="same"):
    codes = {
        policy: ModuleCode(
            text_bytes=text, spills=text // 10, reloads=0, copies=1, sha256=f"{digest}{text}"
        )
        for policy, text in zip((DEFAULT, POLICY), texts, strict=False)
    }
    return ModuleRow(module=name, functions=1, ratios={}, codes=codes)


def test_policies_are_compared_function_by_function_and_module_by_module():
    functions = [
        function("a", "f", 2.0, 1.0),
        function("a", "g", 4.0, 4.0),
        function("b", "f", 1.0, 4.0),
        function("b", "z", 0.0, 1.0),
    ]
    modules = [module("a", 100, 90), module("b", 100, 100), module("quiet", 800)]
    part = make_part(functions, modules, 5, [POLICY], 0)
    assert (part.modules, part.functions, part.decisions) == (3, 4, 8)
    assert part.shared_functions == 5
    found = part.comparisons[POLICY]
    assert found.functions == 4
    assert found.score.ratio == pytest.approx((0.5 * 1 * 4) ** (1 / 3))
    assert (found.better, found.equal, found.worse, found.without_ratio) == (1, 1, 2, 1)
    assert found.text_bytes.ratio == pytest.approx(990 / 1000)
    assert found.spills.ratio == pytest.approx(99 / 100)
    assert found.reloads == Estimate(ratio=None, interval=None)
    assert found.other_objects == 1


def test_enough_modules_give_intervals_around_the_ratios():
    functions = [function(f"m{i}", "f", 1.0, 0.9 + i % 5 / 100) for i in range(30)]
    modules = [module(f"m{i}", 1000, 990 + i % 7) for i in range(30)]
    found = make_part(functions, modules, 0, [POLICY], 0).comparisons[POLICY]
    for estimate in (found.score, found.text_bytes):
        assert estimate.interval.low < estimate.ratio < estimate.interval.high < 1


def test_part_without_a_function_has_no_ratio():
    found = make_part([], [], 0, [POLICY], 0).comparisons[POLICY]
    assert found.score == Estimate(ratio=None, interval=None)
    assert found.text_bytes == Estimate(ratio=None, interval=None)


def test_compile_time_counts_modules_that_both_compiled():
    seconds = {
        DEFAULT: {"a": 1.0, "b": 3.0, "c": 9.0},
        POLICY: {"a": 2.0, "b": 4.0},
        "again": {"a": 1.0, "b": 3.0, "c": 9.0},
    }
    found = compare_times(seconds, 0)
    assert found[POLICY].ratio == pytest.approx(6 / 4)
    assert found["again"].ratio == 1
    assert set(found) == {POLICY, "again"}


def test_a_modules_ratio_is_that_of_its_functions():
    functions = [function("a", "f", 2.0, 1.0), function("a", "g", 4.0, 4.0)]
    assert rate_module(functions, POLICY) == pytest.approx(math.sqrt(0.5))
    assert rate_module(functions, "random") is None


def test_entry_counts_weigh_the_functions_of_a_corpus_with_a_profile():
    functions = [
        function("a", "hot", 2.0, 1.0, entries=1000),
        function("a", "cold", 4.0, 8.0, entries=0),
        function("b", "warm", 1.0, 4.0, entries=10),
    ]
    part = make_part(functions, [], 0, [POLICY], 0)
    assert part.entered == 2
    found = part.comparisons[POLICY]
    assert found.weighted == Estimate(
        ratio=(1000 * 1 + 10 * 4) / (1000 * 2 + 10 * 1), interval=None
    )
    assert found.score.ratio == pytest.approx((0.5 * 2 * 4) ** (1 / 3))


def test_functions_without_counts_are_not_weighed():
    part = make_part([function("a", "f", 2.0, 1.0)], [], 0, [POLICY], 0)
    assert (part.entered, part.comparisons[POLICY].weighted) == (None, None)


def test_a_profile_that_entered_nothing_has_no_weighted_ratio():
    part = make_part([function("a", "f", 2.0, 1.0, entries=0)], [], 0, [POLICY], 0)
    assert part.entered == 0
    assert part.comparisons[POLICY].weighted == Estimate(ratio=None, interval=None)


def test_intervals_of_weighted_totals_are_drawn_over_modules():
    functions = [function(f"m{i}", "f", 1.0, 0.8 + i % 5 / 50, entries=i + 1) for i in range(30)]
    found = make_part(functions, [], 0, [POLICY], 0).comparisons[POLICY].weighted
    assert found.interval.low < found.ratio < found.interval.high < 1
    # Counts of one scale tell what counts of another do.
    scaled = [function(r.module, "f", 1.0, r.costs[POLICY].score, 7 * r.entries) for r in functions]
    again = make_part(scaled, [], 0, [POLICY], 0).comparisons[POLICY].weighted
    assert again.ratio == pytest.approx(found.ratio)
    assert again.interval.low == pytest.approx(found.interval.low)
