import msgspec

from regalloc.report.rows import DEFAULT, POLICY
from regalloc.summary.regressions import find_regressions, rate
from tests.unit.report.samples import make_report

REPORT = make_report(modules=6, functions=4)


def test_regressions_are_the_worst_first_and_none_that_got_better():
    found = [rate(row, POLICY) for row in find_regressions(REPORT.held_out, 5)]
    assert found == sorted(found, reverse=True)
    assert min(found) > 1
    everything = find_regressions(REPORT.held_out, 1000)
    assert len(everything) == REPORT.held_out.comparisons[POLICY].worse


def test_a_function_without_cost_has_no_ratio():
    row = REPORT.held_out.function_rows[0]
    free = msgspec.structs.replace(row.costs[DEFAULT], score=0.0)
    assert rate(msgspec.structs.replace(row, costs={**row.costs, DEFAULT: free}), POLICY) is None
