from dataclasses import replace

import msgspec
import pytest

from regalloc.report.interval import NO_NOISE, Interval
from regalloc.report.report import Estimate
from regalloc.report.rows import AGAIN, POLICY
from regalloc.report.verdict import give_verdict
from tests.unit.report.samples import make_report

PART = make_report().held_out


def part_with(ratio, interval, noise=NO_NOISE):
    """A part whose trained policy has these figures."""
    trained = msgspec.structs.replace(
        PART.comparisons[POLICY],
        functions=100,
        score=Estimate(ratio=ratio, interval=interval),
        better=40,
        equal=50,
        worse=10,
    )
    again = msgspec.structs.replace(
        PART.comparisons[AGAIN], score=Estimate(ratio=1.0, interval=noise)
    )
    comparisons = {**PART.comparisons, POLICY: trained, AGAIN: again}
    return msgspec.structs.replace(PART, modules=30, comparisons=comparisons)


@pytest.mark.parametrize(
    ("ratio", "interval", "outcome", "words"),
    [
        (0.987, Interval(0.98, 0.994), "better", "is better than the default"),
        (1.0421, Interval(1.01, 1.07), "worse", "is worse than the default"),
        (0.99, Interval(0.97, 1.01), "no difference",
         "shows no difference from the default that these modules can tell"),
        (0.99, None, "unknown", "cannot be told from the default with so few modules"),
    ],
)  # fmt: skip
def test_verdict_says_better_and_worse_only_where_it_is_sure(ratio, interval, outcome, words):
    verdict = give_verdict(part_with(ratio, interval))
    sure = f"95 % interval {interval.low:.4f} to {interval.high:.4f}, " if interval else ""
    assert verdict.outcome == outcome
    assert verdict.text == (
        f"on held-out code the trained policy {words}: score ratio {ratio:.4f}, {sure}"
        "100 functions in 30 modules (40 better, 50 equal, 10 worse)"
    )


def test_what_is_within_the_noise_is_no_difference():
    interval = Interval(0.98, 0.994)
    noisy = part_with(0.987, interval, noise=replace(interval, high=1.02))
    assert give_verdict(noisy).outcome == "no difference"


def test_one_is_no_plural():
    part = msgspec.structs.replace(part_with(0.99, None), modules=1)
    assert "100 functions in 1 module (" in give_verdict(part).text


def test_verdict_without_a_function_is_none():
    assert give_verdict(part_with(None, None)).text == "no verdict: no function could be compared"


def test_verdict_names_the_weighted_total_where_there_is_a_profile():
    found = make_report(profiled=True).held_out
    trained = found.comparisons[POLICY].weighted
    low, high = trained.interval.low, trained.interval.high
    text = give_verdict(found).text
    assert text.endswith(
        f"; weighted by entry counts {trained.ratio:.4f}, interval {low:.4f} to {high:.4f}"
    )
    assert "weighted" not in give_verdict(make_report().held_out).text
