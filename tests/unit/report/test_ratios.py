import pytest

from regalloc.report.ratios import ScoreComparison, compare, compute_ratio, identify


def scores(**values):
    return {("m", 0, name): value for name, value in values.items()}


def test_ratio_is_the_geometric_mean_over_functions():
    comparison = compare(scores(a=1.0, b=2.0, c=4.0), scores(a=2.0, b=1.0, c=8.0))
    assert comparison == ScoreComparison(
        functions=3, ratio=pytest.approx(2 ** (1 / 3)), better=1, equal=0, worse=2, without_ratio=0
    )


def test_default_against_itself_is_exactly_one():
    same = scores(a=1.25, b=0.0, c=1e30)
    assert compare(same, same) == ScoreComparison(3, 1.0, 0, 3, 0, 0)


def test_score_of_zero_counts_but_has_no_ratio():
    comparison = compare(scores(a=0.0, b=3.0, c=1.0), scores(a=1.0, b=0.0, c=1.0))
    assert comparison == ScoreComparison(3, 1.0, 1, 1, 1, 2)


def test_function_missing_under_the_policy_is_left_out():
    assert compare(scores(a=1.0, b=1.0), scores(b=2.0)).functions == 1


def test_nothing_to_compare_has_no_ratio():
    comparison = compare({}, {})
    assert comparison.ratio is None
    assert comparison.functions == 0


def test_ratio_of_functions_that_all_lost_or_gained_their_cost_is_none():
    assert compute_ratio([(0.0, 1.0), (2.0, 0.0)]) is None
    assert compute_ratio([(0.0, 1.0), (2.0, 4.0)]) == pytest.approx(2.0)


def test_rounding_of_float32_is_no_difference():
    assert compare(scores(a=1.0), scores(a=1.0 + 1e-7)).equal == 1


def test_namesakes_stay_apart():
    assert identify("m", [("f", 1.0), ("g", 2.0), ("f", 3.0)]) == {
        ("m", 0, "f"): 1.0,
        ("m", 0, "g"): 2.0,
        ("m", 1, "f"): 3.0,
    }
