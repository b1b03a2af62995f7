import io

import pytest
from rich.console import Console

from regalloc.report import report
from regalloc.report.rows import AGAIN, POLICY
from regalloc.terminal.report_table import print_report
from tests.unit.report.samples import compare_only, make_report


def test_table_shows_no_policy_that_was_not_compared(tmp_path):
    path = tmp_path / "report.json"
    report.write(compare_only(make_report(), AGAIN, POLICY), path)
    out = io.StringIO()
    print_report(path, Console(file=out, width=120))
    assert "trained" in out.getvalue()
    assert "warm start" not in out.getvalue()


@pytest.mark.parametrize("width", [80, 120])
def test_table_shows_every_policy_its_interval_and_the_verdict(tmp_path, width):
    content = make_report(failed=2)
    path = tmp_path / "report.json"
    report.write(content, path)
    out = io.StringIO()
    print_report(path, Console(file=out, width=width))
    text = out.getvalue()
    for part in (content.held_out, content.train):
        for name in ("random", "warmstart", "policy"):
            assert f"{part.comparisons[name].score.ratio:.4f}" in text
        interval = part.comparisons["policy"].score.interval
        assert f"{interval.low:.4f}-{interval.high:.4f}" in text
    words = " ".join(text.split())
    assert "held out: 10 modules, 48 functions with a decision, 432 decisions" in words
    assert content.verdict.text in words
    assert "failed compiles: 2 x timeout" in words


def test_table_of_a_corpus_with_a_profile_has_weighted_totals(tmp_path):
    content = make_report(profiled=True)
    path = tmp_path / "report.json"
    report.write(content, path)
    out = io.StringIO()
    print_report(path, Console(file=out, width=100))
    words = " ".join(out.getvalue().split())
    for name, part in (("held out", content.held_out), ("train", content.train)):
        assert f"weighted by entry counts, {name}: random " in words
        found = part.comparisons["policy"].weighted
        low, high = found.interval.low, found.interval.high
        assert (
            f"trained {found.ratio:.4f} ({low:.4f}-{high:.4f}) (32 functions were entered)" in words
        )
