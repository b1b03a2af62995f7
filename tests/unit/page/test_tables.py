import msgspec
import pytest

from regalloc.page.tables import tabulate_functions, tabulate_modules
from regalloc.report.rows import DEFAULT, POLICY
from regalloc.summary.regressions import rate
from tests.unit.report.samples import make_report

REPORT = make_report(modules=6, functions=4)


@pytest.mark.parametrize("tabulate", [tabulate_functions, tabulate_modules])
def test_every_row_has_a_cell_for_every_column(tabulate):
    table = tabulate(REPORT)
    assert {len(row) for row in table.rows} == {len(table.columns)}
    place, descending = table.order
    assert (table.columns[place].title, descending) == ("trained", True)


def test_functions_stand_in_the_part_they_belong_to():
    table = tabulate_functions(REPORT)
    counts = [part.functions for part in (REPORT.held_out, REPORT.train)]
    parts = [row[2] for row in table.rows]
    assert [parts.count("held out"), parts.count("train")] == counts


def test_a_functions_row_tells_what_the_policy_changed():
    row = REPORT.held_out.function_rows[1]
    cells = dict(
        zip(
            [column.title for column in tabulate_functions(REPORT).columns],
            tabulate_functions(REPORT).rows[1],
            strict=True,
        )
    )
    assert (cells["function"], cells["module"]) == (row.title, row.module)
    assert cells["default"] == row.costs[DEFAULT].score
    assert cells["trained"] == rate(row, POLICY)
    assert cells["Δ spills"] == row.costs[POLICY].spills - row.costs[DEFAULT].spills


def test_namesakes_are_told_apart():
    row = msgspec.structs.replace(REPORT.held_out.function_rows[0], namesake=1, title="f()")
    part = msgspec.structs.replace(REPORT.held_out, function_rows=(row,))
    report = msgspec.structs.replace(REPORT, held_out=part)
    assert tabulate_functions(report).rows[0][0] == "f() #2"


def test_a_module_without_a_decision_is_the_same_under_every_policy():
    quiet = next(row for row in REPORT.held_out.module_rows if not row.functions)
    cells = next(row for row in tabulate_modules(REPORT).rows if row[0] == quiet.module)
    assert cells[3:6] == (None, None, None)
    assert cells[7:11] == (0, 0, 0, 0)
    assert cells[11:] == (None, None)


def test_functions_of_a_corpus_with_a_profile_have_their_entries():
    report = make_report(modules=6, functions=4, profiled=True)
    table = tabulate_functions(report)
    assert (table.columns[-1].title, table.columns[-1].kind) == ("entries", "count")
    rows = (*report.held_out.function_rows, *report.train.function_rows)
    assert [cells[-1] for cells in table.rows] == [row.entries for row in rows]
    assert "entries" not in [column.title for column in tabulate_functions(REPORT).columns]
