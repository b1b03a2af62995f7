import io
from pathlib import Path

import pytest
from rich.console import Console

from regalloc.report.rows import AGAIN, POLICY
from regalloc.terminal.report_table import print_report
from tests.unit.report.samples import compare_only, make_report

PATH = Path("/run/evaluation/report.json")


def test_table_shows_no_policy_that_was_not_compared():
    out = io.StringIO()
    print_report(compare_only(make_report(), AGAIN, POLICY), PATH, Console(file=out, width=120))
    assert "trained" in out.getvalue()
    assert "warm start" not in out.getvalue()


@pytest.mark.parametrize("width", [80, 120])
def test_table_shows_every_policy_its_interval_and_the_verdict(width):
    content = make_report(failed=2)
    out = io.StringIO()
    print_report(content, PATH, Console(file=out, width=width))
    text = out.getvalue()
    for part in (content.held_out, content.train):
        for name in ("random", "warmstart", "policy"):
            assert f"{part.comparisons[name].score.ratio:.4f}" in text
        interval = part.comparisons["policy"].score.interval
        assert f"{interval.low:.4f}-{interval.high:.4f}" in text
    words = " ".join(text.split())
    assert "held out: 10 modules, 48 functions with a decision, 432 decisions" in words
    assert content.verdict.text in words
    assert f"failed compiles: 2 x timeout (see failures in {PATH})" in words


def test_table_of_a_corpus_with_a_profile_has_weighted_totals():
    content = make_report(profiled=True)
    out = io.StringIO()
    print_report(content, PATH, Console(file=out, width=100))
    words = " ".join(out.getvalue().split())
    for name, part in (("held out", content.held_out), ("train", content.train)):
        assert f"weighted by entry counts, {name}: random " in words
        found = part.comparisons["policy"].weighted
        low, high = found.interval.low, found.interval.high
        assert (
            f"trained {found.ratio:.4f} ({low:.4f}-{high:.4f}) (32 functions were entered)" in words
        )
