from __future__ import annotations

import os

import pytest

from regalloc.commands import run_page, run_results
from regalloc.commands.make import Made
from regalloc.layout import EVALUATION, REPORT, REPORT_PAGE
from regalloc.report import report
from regalloc.summary.results import RunResults
from tests.unit.report.samples import make_report


@pytest.fixture
def shown(run, monkeypatch):
    """Return a function that shows an evaluation, and says whether its page was written."""
    written = []

    def write_page(folder, content):
        written.append(folder)
        return folder / REPORT_PAGE

    monkeypatch.setattr(run_results, "print_report", lambda content, path: None)
    monkeypatch.setattr(run_page, "gather", lambda results, toolchain: None)
    monkeypatch.setattr(run_page, "write_page", write_page)
    path = run.folder / EVALUATION / REPORT
    path.parent.mkdir(parents=True)
    report.write(make_report(1, 1), path)
    os.utime(path, (100, 100))

    def show(renewed: bool) -> bool:
        written.clear()
        run_results.show_evaluation(Made(run, RunResults(run.folder), renewed))
        return bool(written)

    return show


@pytest.mark.parametrize(
    ("renewed", "page_s", "written"),
    [(True, 100, True), (False, 100, False), (False, 99, True), (False, None, True)],
)
def test_a_page_is_written_when_it_is_not_of_the_results(run, shown, renewed, page_s, written):
    page = run.folder / REPORT_PAGE
    if page_s is not None:
        page.write_text("page")
        os.utime(page, (page_s, page_s))
    assert shown(renewed) == written


def test_the_page_is_named_whether_it_was_written_or_not(run, shown, capsys):
    (run.folder / REPORT_PAGE).write_text("page")
    for renewed in (True, False):
        shown(renewed)
        assert f"report: {run.folder / REPORT_PAGE}" in capsys.readouterr().out
