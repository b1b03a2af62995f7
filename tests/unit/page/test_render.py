import dataclasses
import re
from html.parser import HTMLParser

import msgspec
import pytest

from regalloc.page.render import render
from regalloc.report.report import Verdict
from regalloc.report.rows import AGAIN, POLICY
from regalloc.summary.run_summary import RunSummary, StageRecord
from tests.unit.report.samples import HOSTILE, compare_only, make_report

VOID = {"meta", "link", "input", "br", "path", "use"}


class Outline(HTMLParser):
    """Collects a page's ids and texts, and sees that elements are closed in order."""

    def __init__(self):
        super().__init__()
        self.open, self.ids, self.links, self.loads, self.text = [], [], [], [], []

    def handle_starttag(self, tag, attrs):
        found = dict(attrs)
        self.ids += [found["id"]] if "id" in found else []
        self.links += [found["href"]] if "href" in found else []
        self.loads += [found["src"]] if "src" in found else []
        if tag not in VOID:
            self.open.append(tag)

    def handle_endtag(self, tag):
        if tag not in VOID:
            assert self.open.pop() == tag

    def handle_data(self, data):
        self.text.append(data)


def make_content(**changes):
    stage = StageRecord(
        name="train",
        duration_s=61.0,
        seed=0,
        digest="ab" * 32,
        images={"trainer": "regalloc-trainer:1-a"},
        settings=("Train.clip=0.2",),
        engine="docker engine 20.10",
        created="2026-01-01T00:00:00+00:00",
    )
    curves = {name: {0: 1.0, 1: 0.9} for name in ("ratio", "loss")}
    known = {"title": "quick", "report": make_report(failed=1), "stages": (stage,),
             "versions": {"llvm": "19.1.7"}, "curves": curves}  # fmt: skip
    return RunSummary(**{**known, **changes})


@pytest.fixture(scope="module")
def content():
    return make_content()


@pytest.fixture(scope="module")
def page(content):
    return render(content)


def outline(page):
    found = Outline()
    found.feed(page)
    assert found.open == []
    return found


def test_page_says_everything_that_was_found(content, page):
    text = " ".join(" ".join(outline(page).text).split())
    report = content.report
    for words in (
        report.verdict.text,
        report.compiler,
        *report.policies.values(),
        f"{report.held_out.comparisons['policy'].score.ratio:.4f}",
        f"{report.train.comparisons['random'].score.interval.low:.4f}",
        "no end after 120 s",
        "regalloc-trainer:1-a",
        "Train.clip=0.2",
        "llvm 19.1.7",
        "1 min 03 s",
    ):
        assert words in text, words


def test_page_of_one_policy_shows_no_other(content):
    alone = dataclasses.replace(content, report=compare_only(content.report, AGAIN, POLICY))
    text = " ".join(outline(render(alone)).text)
    assert "trained" in text
    assert "warm start" not in text


def test_page_needs_nothing_from_elsewhere(page):
    found = outline(page)
    assert found.loads == []
    assert [link for link in found.links if not link.startswith("#")] == ["data:,"]
    assert "@import" not in page
    assert re.findall(r"url\((?!#)", page) == []


def test_links_lead_to_sections_that_are_there(page):
    for one in (page, render(make_content(curves={}))):
        found = outline(one)
        assert {link[1:] for link in found.links if link.startswith("#")} <= set(found.ids)
        assert len(set(found.ids)) == len(found.ids)


def test_names_do_not_become_part_of_the_page(page):
    assert HOSTILE not in page
    assert "<script>alert" not in page
    assert "operator&lt;&lt;" in page
    assert page.count("</script>") == 3


def test_equal_content_gives_equal_bytes(page):
    assert render(make_content()) == page


def test_one_round_is_no_curve():
    assert 'id="learning"' not in render(make_content(curves={"ratio": {0: 1.0}}))


def test_headline_follows_the_outcome():
    report = make_report()
    for outcome, words in (("better", "Better than the default"), ("unknown", "No verdict")):
        verdict = Verdict(outcome=outcome, text="said")
        page = render(make_content(report=msgspec.structs.replace(report, verdict=verdict)))
        assert f"{words}</h1>" in page


def test_regressions_come_with_their_commands(page):
    row = make_report(failed=1).held_out.function_rows[0]
    rows = make_report(failed=1).held_out.function_rows
    commands = {(row.module, row.function): "clang <in> && echo" for row in rows}
    with_commands = render(make_content(commands=commands))
    assert "clang &lt;in&gt; &amp;&amp; echo" in with_commands
    assert row.module in with_commands
    assert "<summary>command</summary>" not in page


def test_a_run_with_nothing_but_a_report_has_a_page():
    content = RunSummary(title="bare", report=make_report(modules=0, functions=0))
    text = " ".join(outline(render(content)).text)
    assert "no verdict: no function could be compared" in text
    assert "No held-out function got worse" in text
    assert "Learning" not in text


def test_weighted_totals_are_shown_where_there_is_a_profile(page):
    report = make_report(profiled=True)
    profiled = render(make_content(report=report))
    for part in (report.held_out, report.train):
        assert f"{part.comparisons['policy'].weighted.ratio:.4f}<small>" in profiled
    assert "<th>weighted</th>" in profiled
    assert "32 functions were" in profiled
    assert "weighted</th>" not in page
