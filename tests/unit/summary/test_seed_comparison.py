import math

import msgspec
import pytest

from regalloc.page.render import render_seeds
from regalloc.report.rows import POLICY
from regalloc.summary.seed_comparison import compare_seeds
from tests.unit.report.samples import make_report

REPORTS = [make_report(10, 5, seed) for seed in range(3)]


def ratios(reports):
    return [found.held_out.comparisons[POLICY].score.ratio for found in reports]


def test_mean_and_spread_are_those_of_the_seeds():
    seeds = compare_seeds(REPORTS)
    logs = [math.log(ratio) for ratio in ratios(REPORTS)]
    assert seeds.mean.ratio == pytest.approx(math.exp(sum(logs) / 3))
    assert (seeds.low, seeds.high) == pytest.approx((min(ratios(REPORTS)), max(ratios(REPORTS))))
    assert seeds.low < seeds.mean.ratio < seeds.high
    assert seeds.deviation > 0
    assert seeds.mean.interval.low < seeds.mean.ratio < seeds.mean.interval.high
    assert seeds.functions == REPORTS[0].held_out.functions


def test_equal_seeds_have_no_spread():
    seeds = compare_seeds([REPORTS[0], REPORTS[0]])
    assert seeds.deviation == 0
    assert seeds.mean.ratio == pytest.approx(ratios(REPORTS)[0])


def test_one_seed_has_no_deviation():
    seeds = compare_seeds(REPORTS[:1])
    assert seeds.deviation is None
    assert "standard deviation" not in seeds.text


def test_only_functions_of_all_seeds_are_compared():
    part = REPORTS[1].held_out
    fewer = msgspec.structs.replace(part, function_rows=part.function_rows[5:])
    reports = [REPORTS[0], msgspec.structs.replace(REPORTS[1], held_out=fewer)]
    assert compare_seeds(reports).functions == part.functions - 5


def test_seeds_without_a_common_function_have_no_mean():
    empty = make_report(0, 0)
    seeds = compare_seeds([REPORTS[0], empty])
    assert (seeds.mean.ratio, seeds.low, seeds.outcome) == (None, None, "unknown")
    assert seeds.text == "No function is held out in all seeds."


def test_page_has_a_line_for_each_seed():
    page = render_seeds(
        "quick", compare_seeds(REPORTS), [f"seed-{i}/report.html" for i in range(3)]
    )
    for seed, ratio in enumerate(ratios(REPORTS)):
        assert f'<a href="seed-{seed}/report.html">{seed}</a>' in page
        assert f"{ratio:.4f}" in page
    assert "in the mean" in page
