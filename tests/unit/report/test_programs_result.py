import json

import pytest

from regalloc.errors import ManifestError
from regalloc.programs.variants import select_variants
from regalloc.report import programs_result
from regalloc.report.counts import Counts, Events
from regalloc.report.programs_result import BuildResult
from tests.unit.report.program_samples import make_program, make_programs, make_timing

VARIANTS = select_variants(["plain", "profile-searched"])


def make(**more):
    lua = make_program("lua", {"run": {"searched": 0.9}})
    seconds = {"lua": {"default": 2.0, "searched": 2.5}}
    timings = [make_timing("lua", 0.9)]
    return make_programs(VARIANTS, [lua], timings, compile_s=seconds, **more)


def test_results_read_back_as_written(tmp_path):
    programs_result.write(make(), tmp_path / "programs.json")
    assert programs_result.read(tmp_path / "programs.json") == make()


@pytest.mark.parametrize("version", [0, 3])
def test_another_version_is_refused_by_both_numbers(tmp_path, version):
    path = tmp_path / "programs.json"
    programs_result.write(make(version=version), path)
    with pytest.raises(ManifestError) as caught:
        programs_result.read(path)
    assert caught.value.render() == (
        f"error: the programs' results are of version {version}, this program reads 2\n{path}\n"
        "what to do: run invoke programs again"
    )


@pytest.mark.parametrize(
    "text", [None, "", '{"version": 2}', '{"version": 1}', '{"version": 1, "programs": 3}', "[]"]
)
def test_a_missing_or_damaged_file_is_named(tmp_path, text):
    path = tmp_path / "programs.json"
    if text is not None:
        path.write_text(text)
    with pytest.raises(ManifestError) as caught:
        programs_result.read(path)
    assert caught.value.brief == "the programs' results cannot be read"
    assert caught.value.details.startswith(f"{path}: ")
    assert caught.value.resolution == "run invoke programs again"


def counts(instructions):
    return {"instructions": instructions, "data_reads": 20, "data_writes": 10}


def ratio():
    return {"instructions": 1.0, "data_reads": 1.0, "data_writes": 1.0}


FIRST = {
    "version": 1,
    "release": "cafe",
    "compiler": "clang version 19.1.7",
    "flags": "-O2",
    "counted_by": "valgrind 3.19.0",
    "programs": [
        {
            "name": "lua", "kind": "interpreter", "source": "folder src", "outcome": "ok",
            "blame": "", "details": "", "objects": 9, "differing": ["a.o"], "culprits": [],
            "text_default": 1000, "text_policy": 990,
            "workloads": [
                {
                    "name": "run", "default": counts(100), "again": counts(101),
                    "policy": counts(90), "ratio": ratio(), "noise": ratio(),
                }
            ],
        },
        {
            "name": "own", "kind": "test", "source": "folder src", "outcome": "miscompile",
            "blame": "policy", "details": "seen", "objects": 2, "differing": ["b.o"],
            "culprits": ["b.o"], "text_default": 1000, "text_policy": 1000, "workloads": [],
        },
        {
            "name": "bad", "kind": "test", "source": "folder src", "outcome": "crashed",
            "blame": "program", "details": "oops", "objects": 2, "differing": [], "culprits": [],
            "text_default": 1000, "text_policy": None, "workloads": [],
        },
    ],
    "times": {
        "rounds": 1,
        "counters_missing": "",
        "timings": [
            {
                "program": "lua", "workload": "run",
                "wall_s": {"default": [1.0], "policy": [0.9], "again": [1.1]},
                "user_s": {"default": [1.0], "policy": [0.9], "again": [1.1]},
                "counters": {
                    "default": {"instructions": 5, "cycles": None},
                    "policy": {"instructions": 4, "cycles": None},
                },
            }
        ],
    },
}  # fmt: skip


def read_first(tmp_path):
    path = tmp_path / "programs.json"
    path.write_text(json.dumps(FIRST))
    return programs_result.read(path)


def test_a_file_of_version_1_has_the_variants_default_and_policy(tmp_path):
    content = read_first(tmp_path)
    assert (content.version, content.release, content.trained_on) == (2, "cafe", [])
    assert [(one.name, one.compiler, one.base) for one in content.variants] == [
        ("default", "clang", ""),
        ("policy", "regalloc-clang", "default"),
    ]


def test_a_program_of_version_1_keeps_all_that_was_known_of_it(tmp_path):
    lua, own, bad = read_first(tmp_path).programs
    assert lua.builds == {
        "default": BuildResult(outcome="ok", text=1000),
        "policy": BuildResult(outcome="ok", differing=["a.o"], text=990),
    }
    (workload,) = lua.workloads
    assert workload.again == Counts(instructions=101, data_reads=20, data_writes=10)
    found = {name: counts.instructions for name, counts in workload.counts.items()}
    assert found == {"default": 100, "policy": 90}
    assert own.outcome == "ok"
    assert own.builds["policy"] == BuildResult(
        outcome="miscompile", details="seen", differing=["b.o"], culprits=["b.o"], text=1000
    )
    assert (bad.outcome, bad.details, bad.builds) == ("crashed", "oops", {})


def test_times_of_version_1_are_by_variant(tmp_path):
    times = read_first(tmp_path).times
    assert (times.rounds, times.compile_s) == (1, {})
    (timing,) = times.timings
    assert timing.wall_s == {"default": [1.0], "policy": [0.9], "again": [1.1]}
    assert timing.counters["policy"] == Events(instructions=4, cycles=None)
