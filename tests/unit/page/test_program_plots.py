import re

from regalloc.page.program_plots import draw_curve, draw_groups, draw_picture
from regalloc.page.render import render
from regalloc.page.tables import tabulate_workloads
from regalloc.programs.variants import select_variants
from regalloc.report.programs_result import BuildResult
from regalloc.summary.run_summary import RunSummary
from regalloc.summary.variant_gains import group_programs
from tests.unit.report.program_samples import make_program, make_programs, make_timing
from tests.unit.report.samples import make_report


def summarise(variants, programs, timings=(), **more):
    content = make_programs(select_variants(variants), programs, timings, **more)
    return RunSummary(title="quick", report=make_report(), programs=content)


def many(count, *variants):
    return [
        make_program(f"p{i}", {"run": dict.fromkeys(variants, 0.97 + i / 1000)})
        for i in range(count)
    ]


def test_a_picture_names_each_program_and_grows_with_them():
    heights = []
    for count in (3, 20):
        (group,) = group_programs(
            make_programs(select_variants(["searched"]), many(count, "searched"))
        )
        drawn = draw_picture(group.pictures[0], "gain")
        texts = re.findall(r"<text[^>]*>([^<]+)</text>", drawn)
        assert {f"p{i}" for i in range(count)} | {"mean", "searched"} <= set(texts)
        heights.append(float(re.search(r'viewBox="0 0 \S+ (\S+)"', drawn)[1]))
    assert heights[1] > 2 * heights[0]


def test_equal_results_are_drawn_alike_and_others_are_not():
    groups = [
        group_programs(make_programs(select_variants(["searched"]), many(count, "searched")))
        for count in (5, 5, 6)
    ]
    one, same, other = (draw_groups(each) for each in groups)
    assert one == same != other


def test_a_curve_names_its_numbers_of_draws():
    names = ("searched-0", "searched", "searched-64")
    seconds = {f"p{i}": {"default": 1.0, **dict.fromkeys(names, 1.2)} for i in range(5)}
    content = make_programs(select_variants(names), many(5, *names), compile_s=seconds)
    (group,) = group_programs(content)
    texts = re.findall(r"<text[^>]*>([^<]+)</text>", draw_curve(group.curves[0], "draws"))
    assert {"0", "8", "64"} <= set(texts)


def test_page_shows_programs_first_and_those_that_did_not_end_well():
    broken = make_program(
        "sqlite",
        {"run": {"searched": 1.0}},
        builds={
            "searched": BuildResult(
                outcome="miscompile", culprits=["shell.o"], details="<expected> 1"
            )
        },
    )
    faulty = make_program("own", {}, outcome="crashed", details="oops")
    lua = make_program("lua", {"run": {"searched": 0.97}})
    page = render(summarise(["searched"], [lua, broken, faulty], [make_timing("lua", 0.97)]))
    for words in ("lua", "0.9800", "miscompile", "objects to blame: shell.o", "crashed", "oops",
                  "&lt;expected&gt; 1", "no perf here", "valgrind 3.19.0"):  # fmt: skip
        assert words in page
    assert page.index('href="#programs"') < page.index('href="#result"')
    assert page.index('id="programs"') < page.index('id="result"')


def test_page_without_programs_does_not_mention_them():
    page = render(RunSummary(title="quick", report=make_report()))
    assert 'id="programs"' not in page
    assert 'href="#programs"' not in page


def test_page_of_programs_that_all_failed_has_no_table_of_them():
    faulty = make_program("lua", {}, outcome="build failed")
    page = render(summarise(["searched"], [faulty]))
    assert "build failed" in page
    assert 'data-table="workloads"' not in page


def test_each_workload_of_each_variant_has_a_row():
    factors = {"searched": 0.97, "profile": 0.94, "profile-searched": 0.94}
    lua = make_program("lua", {"strings": factors, "tables": factors})
    content = summarise(
        ["searched", "profile-searched"], [lua], [make_timing("lua", 0.9, workload="strings")]
    ).programs
    table = tabulate_workloads(content)
    assert len(table.rows) == 2 * 3
    assert table.rows[0] == (
        "lua", "strings", "searched", "default", "interpreter", 0.97, 0.97, 1.0, 0.98, 0.99, 0.9,
    )  # fmt: skip
    assert table.rows[1][-1] is None
    assert table.columns[table.order[0]].title == "loads + stores"
