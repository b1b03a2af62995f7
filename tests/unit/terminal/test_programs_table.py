import io
from pathlib import Path

from rich.console import Console

from regalloc.report import programs_result
from regalloc.report.programs_result import (
    Counts,
    ProgramResult,
    ProgramsResult,
    ProgramTimes,
    WorkloadResult,
    divide,
)
from regalloc.terminal.programs_table import print_programs

BASE = Counts(instructions=1000, data_reads=100, data_writes=50)
LESS = Counts(instructions=990, data_reads=101, data_writes=50)


def test_each_workload_has_a_row_and_so_has_a_program_without_one():
    workload = WorkloadResult(
        name="strings",
        default=BASE,
        again=BASE,
        policy=LESS,
        ratio=divide(LESS, BASE),
        noise=divide(BASE, BASE),
    )
    lua = ProgramResult(
        name="lua",
        kind="interpreter",
        source="folder src",
        outcome="ok",
        text_default=200,
        text_policy=201,
        workloads=[workload],
    )
    own = ProgramResult(
        name="own", kind="test", source="folder src", outcome="build failed", blame="policy"
    )
    content = ProgramsResult(
        version=programs_result.VERSION,
        release="cafe",
        compiler="clang",
        flags="-O2",
        counted_by="valgrind",
        programs=[lua, own],
        times=ProgramTimes(rounds=1, counters_missing="", timings=[]),
    )
    path = Path("/run/programs/programs.json")
    output = io.StringIO()
    print_programs(content, path, Console(file=output, width=100))
    lines = [line.split() for line in output.getvalue().splitlines()]
    assert ["lua", "strings", "ok", "0.9900", "1.0100", "1.0000", "1.0050"] in lines
    assert ["own", "build", "failed", "(policy)"] in lines
    assert lines[-1] == ["results:", str(path)]
