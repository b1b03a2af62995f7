import pytest

from regalloc.errors import ManifestError
from regalloc.report import programs_result
from regalloc.report.programs_result import (
    Counts,
    ProgramResult,
    ProgramsResult,
    ProgramTimes,
    divide,
)


def make_programs(version=programs_result.VERSION):
    return ProgramsResult(
        version=version,
        release="cafe",
        compiler="clang version 19.1.7",
        flags="-O2",
        counted_by="valgrind 3.19.0",
        programs=[ProgramResult(name="lua", kind="interpreter", source="folder src", outcome="ok")],
        times=ProgramTimes(rounds=3, counters_missing="perf is not installed", timings=[]),
    )


def test_results_read_back_as_written(tmp_path):
    programs_result.write(make_programs(), tmp_path / "programs.json")
    assert programs_result.read(tmp_path / "programs.json") == make_programs()


def test_another_version_is_refused_by_both_numbers(tmp_path):
    path = tmp_path / "programs.json"
    programs_result.write(make_programs(version=0), path)
    with pytest.raises(ManifestError) as caught:
        programs_result.read(path)
    assert caught.value.render() == (
        f"error: the programs' results are of version 0, this program reads 1\n{path}\n"
        "what to do: run invoke programs again"
    )


@pytest.mark.parametrize("text", [None, "", '{"version": 1}', "[]"])
def test_a_missing_or_damaged_file_is_named(tmp_path, text):
    path = tmp_path / "programs.json"
    if text is not None:
        path.write_text(text)
    with pytest.raises(ManifestError) as caught:
        programs_result.read(path)
    assert caught.value.brief == "the programs' results cannot be read"
    assert caught.value.details.startswith(f"{path}: ")
    assert caught.value.resolution == "run invoke programs again"


def test_ratios_are_of_each_count():
    base = Counts(instructions=200, data_reads=50, data_writes=10)
    less = Counts(instructions=100, data_reads=50, data_writes=15)
    ratios = divide(less, base)
    assert (ratios.instructions, ratios.data_reads, ratios.data_writes) == (0.5, 1.0, 1.5)
