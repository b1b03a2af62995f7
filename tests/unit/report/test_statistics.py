import math

import numpy as np
import pytest

from regalloc.report.statistics import (
    Interval,
    bootstrap_interval,
    bootstrap_totals,
    judge,
)

MODULES = [f"m{index // 8}" for index in range(160)]


def draw(seed, modules=20, spread=0.03):
    """Log ratios with a mean of 0, those of a module alike, and the modules they belong to."""
    rng = np.random.default_rng(seed)
    sizes = rng.geometric(1 / 8, modules)
    ratios = [rng.normal(0, spread) + rng.standard_t(3, size) * 0.05 for size in sizes]
    return np.concatenate(ratios), np.repeat(np.arange(modules), sizes)


def test_intervals_hold_the_truth_about_as_often_as_they_say():
    held = 0
    for seed in range(120):
        ratios, modules = draw(seed)
        interval = bootstrap_interval(ratios, seed, modules)
        held += interval.low <= 1 <= interval.high
    # 114 are expected; 104 or fewer would be chance once in 100 such tests even at 93 %.
    assert 104 < held < 120


def test_functions_taken_for_independent_promise_too_much():
    widths = []
    for clustered in (True, False):
        total = 0.0
        for seed in range(20):
            ratios, modules = draw(seed)
            interval = bootstrap_interval(ratios, seed, modules if clustered else None)
            total += interval.high - interval.low
        widths.append(total)
    assert widths[0] > 1.2 * widths[1]


def test_equal_seeds_give_equal_bits_and_others_do_not():
    ratios, modules = draw(1)
    first = bootstrap_interval(ratios, 7, modules)
    assert bootstrap_interval(ratios, 7, modules) == first
    assert bootstrap_interval(ratios, 8, modules) != first


def test_order_and_names_of_clusters_are_of_no_account():
    ratios, modules = draw(1)
    first = bootstrap_interval(ratios, 7, modules)
    assert bootstrap_interval(ratios, 7, [f"module {m}" for m in modules]) == first


def test_interval_lies_about_the_geometric_mean():
    logs = np.log(np.linspace(0.9, 1.0, len(MODULES)))
    interval = bootstrap_interval(logs, 0, MODULES)
    mean = math.exp(logs.mean())
    assert 0.9 < interval.low < mean < interval.high < 1.0


@pytest.mark.parametrize("modules", [0, 1, 2, 3])
def test_few_modules_leave_the_ratio_open(modules):
    names = [f"m{index % modules}" for index in range(12)] if modules else []
    assert bootstrap_interval([0.1 * index for index in range(len(names))], 0, names) is None
    assert bootstrap_totals([(1.0, 2.0)] * len(names), 0, names) is None


def test_equal_scores_have_no_width():
    assert bootstrap_interval([0.0] * 12, 0, MODULES[:12]) is None
    assert bootstrap_interval([0.0] * len(MODULES), 0, MODULES) == Interval(1.0, 1.0)


def test_one_module_that_differs_leaves_the_ratio_open_on_its_side():
    logs = [0.5] + [0.0] * 3
    assert bootstrap_interval(logs, 0) is None


def test_totals_are_weighted_by_their_size():
    rng = np.random.default_rng(0)
    small = [(1.0, 2.0)] * 50
    large = [(1000.0, 900.0 + noise) for noise in rng.normal(0, 10, 50)]
    interval = bootstrap_totals([*small, *large], 0)
    assert 0.89 < interval.low < 0.901 < interval.high < 0.91


def test_totals_take_what_the_default_has_nothing_of():
    pairs = [(10.0, 10.0)] * 20 + [(0.0, 4.0)] * 4
    interval = bootstrap_totals(pairs, 0)
    assert 1.0 < interval.low < 216 / 200 < interval.high
    assert bootstrap_totals([(0.0, 1.0)] * 20, 0) is None
    assert bootstrap_totals([(0.0, 0.0)] * 20, 0) is None


@pytest.mark.parametrize(
    ("interval", "noise", "outcome"),
    [
        (Interval(0.9, 0.99), Interval(1, 1), "better"),
        (Interval(0.9, 0.99), Interval(0.98, 1.02), "no difference"),
        (Interval(1.01, 1.2), Interval(1, 1), "worse"),
        (Interval(1.01, 1.2), Interval(0.99, 1.01), "no difference"),
        (Interval(0.9, 1.1), Interval(1, 1), "no difference"),
        (Interval(1.0, 1.0), Interval(1, 1), "no difference"),
        (None, Interval(1, 1), "unknown"),
    ],
)
def test_verdict_follows_from_interval_and_noise(interval, noise, outcome):
    assert judge(interval, noise) == outcome
