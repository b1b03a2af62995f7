"""The page in a browser: it loads, sorts and searches, and fits on phones and desktops."""

from __future__ import annotations

import html
import json
import re
import shutil
import subprocess
from pathlib import Path

import pytest

from regalloc.page.render import render
from regalloc.programs.variants import select_variants
from regalloc.summary.run_summary import RunSummary
from tests.unit.report.program_samples import make_program, make_programs
from tests.unit.report.samples import HOSTILE, make_report

CHROMIUM = shutil.which("chromium")
PROBE = Path(__file__).with_name("probe.js")
MODULES, FUNCTIONS = 40, 40

pytestmark = pytest.mark.skipif(CHROMIUM is None, reason="THERE IS NO CHROMIUM")

CATCH = """<script>
window.probeErrors = [];
window.addEventListener("error", (event) => window.probeErrors.push(event.message));
for (const level of ["error", "warn"]) {
  console[level] = (...words) => window.probeErrors.push(words.join(" "));
}
</script>"""
# Chromium's own window is no narrower than 500 pixels, a frame is as narrow as it is told.
FRAME = """<!doctype html><body style="margin: 0"><pre id="result"></pre>
<iframe width="{width}" height="4000" style="border: 0" srcdoc="{page}"></iframe><script>
const frame = document.querySelector("iframe");
frame.addEventListener("load", () => {{
  document.getElementById("result").textContent = JSON.stringify(frame.contentWindow.eval({probe}));
}});
</script>"""


@pytest.fixture(scope="module")
def page():
    curves = {name: {step: 1.0 + step for step in range(6)} for name in ("ratio", "entropy")}
    return render(
        RunSummary(
            title="quick",
            report=make_report(MODULES, FUNCTIONS),
            curves=curves,
            programs=make_all_programs(),
        )
    )


def make_all_programs():
    """Return programs built in every way, with a curve, two groups and a failure."""
    variants = select_variants(["all"])
    names = [variant.name for variant in variants if variant.base]
    factors = {name: 0.99 - place / 1000 for place, name in enumerate(names)}
    programs = [make_program(f"program{i}", {"run": factors, "other": factors}) for i in range(31)]
    seconds = {program.name: dict.fromkeys(["default", *names], 1.0) for program in programs}
    faulty = make_program("broken", {}, outcome="crashed", details="command: " + "word " * 99)
    return make_programs(
        variants, [*programs, faulty], compile_s=seconds, trained_on=["program1", "program2"]
    )


@pytest.fixture(scope="module", params=[390, 1440])
def seen(request, page, tmp_path_factory):
    """What the probe found in the page at a width."""
    folder = tmp_path_factory.mktemp("browser")
    watched = page.replace("<head>", f"<head>{CATCH}", 1)
    frame = folder / "frame.html"
    frame.write_text(
        FRAME.format(
            width=request.param,
            page=html.escape(watched, quote=True),
            probe=json.dumps(PROBE.read_text(encoding="utf-8")),
        ),
        encoding="utf-8",
    )
    argv = [
        CHROMIUM, "--headless=new", "--no-sandbox", "--disable-gpu",
        f"--user-data-dir={folder}/own", "--virtual-time-budget=20000", "--dump-dom",
        frame.as_uri(),
    ]  # fmt: skip
    done = subprocess.run(argv, capture_output=True, text=True, timeout=300, check=True)
    found = re.search(r'<pre id="result">(.*?)</pre>', done.stdout, re.DOTALL)
    assert found, done.stderr
    return json.loads(html.unescape(found[1]))


def numbers(cells):
    return [float(cell.replace(",", "")) for cell in cells]


def test_page_loads_without_a_complaint(seen):
    assert seen["errors"] == []


def test_page_does_not_scroll_sideways(seen):
    assert seen["overflow"] <= 0


def test_plots_are_legible(seen):
    assert min(seen["plots"]) >= 300
    assert seen["smallest"] >= 9


def test_worst_functions_come_first(seen):
    ratios = numbers(seen["first"])
    assert ratios == sorted(ratios, reverse=True)
    assert len(ratios) == 50


def test_a_name_is_shown_as_it_is(seen):
    assert seen["hostile"] == [HOSTILE]


def test_tables_sort_by_a_click_both_ways(seen):
    assert numbers(seen["descending"]) == sorted(numbers(seen["descending"]), reverse=True)
    assert numbers(seen["ascending"]) == sorted(numbers(seen["ascending"]))
    assert numbers(seen["descending"])[0] > numbers(seen["ascending"])[0]
    assert seen["names"] == sorted(seen["names"])
    assert seen["sorted"] == "descending"


def test_more_rows_can_be_shown(seen):
    assert seen["more"] == 200


def test_search_finds_words_in_any_text_of_a_row(seen):
    assert seen["searched"]
    assert all("f3" in name for name in seen["searched"])
    assert seen["count"].endswith(f" of {2 * MODULES // 5 * 4 * FUNCTIONS:,}")
    assert seen["none"] == []


def test_one_part_can_be_chosen(seen):
    assert seen["parts"] == ["train"]


def test_workloads_of_one_variant_can_be_chosen(seen):
    assert seen["filters"][0] == "all variants"
    assert "profile-searched" in seen["filters"]
    assert seen["variants"] == ["profile-searched"]


def test_thousands_of_rows_sort_and_search_at_once(seen):
    # Some 30 ms on an idle machine.
    assert seen["milliseconds"] < 2000
