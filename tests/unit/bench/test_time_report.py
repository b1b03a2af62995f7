import pytest

from regalloc.bench.time_report import read_passes_s

RULE = "===-------------------------------------------------------------------------===\n"
TITLE = (
    f"{RULE}                      Pass execution timing report\n{RULE}  Total Execution Time: 1\n\n"
)
OTHER = f"{RULE}                            Register Allocation\n{RULE}\n"
HEAD = "   ---User Time---   --System Time--   --User+System--   ---Wall Time---  --- Name ---\n"
WITHOUT_SYSTEM = "   ---User Time---   --User+System--   ---Wall Time---  --- Name ---\n"
USER_ALONE = "   ---User Time---   ---Wall Time---  --- Name ---\n"
GREEDY = "Greedy Register Allocator"


def line(name: str, *values: float) -> str:
    columns = "".join(f"   {value:.4f} ( 10.0%)" for value in values)
    return f"{columns}  {name}\n"


def test_all_runs_of_a_pass_are_added():
    report = (
        TITLE
        + HEAD
        + line("X86 DAG->DAG Instruction Selection", 0.4, 0.1, 0.5, 0.9)
        + line(f"{GREEDY} #2", 0.3, 0.1, 0.4, 0.6)
        + line(GREEDY, 0.02, 0.0, 0.02, 0.02)
        + line("Total", 9, 9, 9, 9)
    )
    assert read_passes_s(report) == pytest.approx(
        {"X86 DAG->DAG Instruction Selection": 0.5, GREEDY: 0.42}
    )


@pytest.mark.parametrize(
    ("head", "values"),
    [(HEAD, (0.3, 0.1, 0.4, 0.6)), (WITHOUT_SYSTEM, (0.4, 0.4, 0.6)), (USER_ALONE, (0.4, 0.6))],
)
def test_columns_of_nothing_may_be_left_out(head, values):
    assert read_passes_s(TITLE + head + line(GREEDY, *values)) == pytest.approx({GREEDY: 0.4})


def test_tables_of_the_parts_of_passes_are_left_out():
    parts = OTHER + HEAD + line("Spiller", 7, 7, 7, 7)
    again = TITLE + USER_ALONE + line(GREEDY, 0.1, 0.6)
    report = TITLE + USER_ALONE + line(GREEDY, 0.2, 0.6) + parts + again
    assert read_passes_s(report) == pytest.approx({GREEDY: 0.3})


@pytest.mark.parametrize(
    "report",
    ["", TITLE + HEAD, TITLE + HEAD + line("Fast", 1, 1, 1, 1), OTHER + HEAD + line(GREEDY, 1, 1)],
)
def test_a_report_without_greedy_is_refused(report):
    with pytest.raises(ValueError, match="no time of Greedy Register Allocator is told"):
        read_passes_s(report)
