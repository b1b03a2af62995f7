import json
import shutil
import subprocess

import pytest

from regalloc.compiler.toolchain import open_toolchain
from regalloc.errors import ProgramError
from regalloc.programs import cachegrind, perf, session
from regalloc.programs.kept import KeptPrograms
from regalloc.programs.session import MeasuredCompiler, MeasurePlan, measure_programs
from regalloc.programs.variants import select_variants
from tests.unit.programs.fakes import (
    TRAINING,
    make_lab,
    make_program,
    make_valgrind,
    write_script,
)


@pytest.fixture(autouse=True)
def no_counters(tmp_path, monkeypatch):
    monkeypatch.setattr(cachegrind, "VALGRIND", str(make_valgrind(tmp_path)))
    monkeypatch.setattr(perf, "PERF", str(tmp_path / "none"))


def measure(tmp_path, *programs, rounds=2, variants=("searched",), timed=("searched",), **more):
    lab = make_lab(tmp_path)
    release = MeasuredCompiler(open_toolchain(lab.release), "cafe")
    plan = MeasurePlan(select_variants(variants), timed, rounds)
    folder = tmp_path / "out"
    folder.mkdir(exist_ok=True)
    kept = KeptPrograms(folder)
    return measure_programs(
        programs, lab, release, plan, valgrind="3.19.0", folder=folder, kept=kept, **more
    )


def outcomes(program):
    return {name: build.outcome for name, build in program.builds.items()}


def test_counts_ratios_and_rounds_of_a_program_that_went_well(tmp_path):
    content = measure(tmp_path, make_program(tmp_path, {"a.c": "echo right\n# on: true"}))
    assert (content.release, content.compiler) == ("cafe", "fake clang version 19.1.7 (fake)")
    assert [variant.name for variant in content.variants] == ["default", "searched"]
    (program,) = content.programs
    assert (program.outcome, program.objects) == ("ok", 1)
    assert program.builds["searched"].outcome == "ok"
    assert program.builds["searched"].differing == ["a.o"]
    (workload,) = program.workloads
    default, searched = workload.counts["default"], workload.counts["searched"]
    assert default == workload.again
    assert searched.instructions == default.instructions + len("true\n")
    assert searched.data_reads == default.data_reads
    (timing,) = content.times.timings
    assert (timing.program, timing.workload, content.times.rounds) == ("fake", "only", 2)
    assert {name: len(seconds) for name, seconds in timing.wall_s.items()} == {
        "default": 2, "again": 2, "searched": 2,
    }  # fmt: skip
    assert timing.user_s.keys() == timing.wall_s.keys()
    assert content.times.counters_missing == "perf is not installed"


def test_the_same_code_is_counted_but_not_timed(tmp_path):
    content = measure(tmp_path, make_program(tmp_path, {"a.c": "echo right"}))
    (program,) = content.programs
    assert outcomes(program) == {"default": "ok", "searched": "same code"}
    counts = program.workloads[0].counts
    assert counts["searched"] == counts["default"]
    assert content.times.timings == []


def test_a_training_workload_is_neither_counted_nor_timed(tmp_path):
    sources = {"a.c": "echo right\n# on: true"}
    content = measure(tmp_path, make_program(tmp_path, sources, workload=TRAINING))
    (program,) = content.programs
    assert (program.outcome, [one.name for one in program.workloads]) == ("ok", ["only"])
    assert outcomes(program)["searched"] == "ok"
    assert [timing.workload for timing in content.times.timings] == ["only"]


def test_a_training_workload_that_a_search_breaks_is_a_miscompile(tmp_path):
    sources = {"a.c": 'echo right\n# on: test -z "$1" || echo wrong'}
    content = measure(tmp_path, make_program(tmp_path, sources, workload=TRAINING))
    build = content.programs[0].builds["searched"]
    assert (build.outcome, build.culprits) == ("miscompile", ["a.o"])
    assert build.details.startswith("standard output: sha256 ")


def test_counters_are_read_where_there_are_some(tmp_path, monkeypatch):
    text = "123,,instructions:u,1,100,,\\n<not supported>,,cycles:u,0,100,,\\n"
    script = f"""#!/bin/sh
for arg; do
  case $arg in
    --output=*) file=${{arg#*=}}; shift ;;
    stat|-*) shift ;;
    *) break ;;
  esac
done
"$@" || exit
printf '{text}' >"$file"
"""
    monkeypatch.setattr(perf, "PERF", str(write_script(tmp_path / "perf", script)))
    content = measure(tmp_path, make_program(tmp_path, {"a.c": "echo right\n# on: true"}))
    counters = content.times.timings[0].counters
    assert (counters["default"].instructions, counters["searched"].cycles) == (123, None)
    assert counters.keys() == {"default", "searched"}


def test_a_miscompile_is_bisected_and_the_others_are_measured(tmp_path):
    names = "abcdefgh"
    sources = {f"{name}.c": f"echo right {name}\n# on: true" for name in names}
    sources["f.c"] = "echo right f\n# on: echo wrong"
    broken = make_program(tmp_path, sources, name="broken")
    content = measure(tmp_path, broken, make_program(tmp_path, {"a.c": "true\n# on: true"}))
    found = {one.name: one.builds["searched"] for one in content.programs}
    assert [(name, build.outcome, build.culprits) for name, build in found.items()] == [
        ("broken", "miscompile", ["f.o"]),
        ("fake", "ok", []),
    ]
    assert content.programs[0].workloads[0].counts.keys() == {"default"}
    assert [timing.program for timing in content.times.timings] == ["fake"]


def test_a_reproducer_holds_both_builds_and_outputs_and_the_commands(tmp_path):
    sources = {"a.c": "echo right a", "b.c": "echo right b\n# on: echo wrong"}
    measure(tmp_path, make_program(tmp_path, sources))
    folder = tmp_path / "out" / "fake-searched-miscompile"
    content = json.loads((folder / "miscompile.json").read_text())
    assert (content["program"], content["workload"], content["release"]) == ("fake", "only", "cafe")
    assert (content["base"], content["variant"]) == ("default", "searched")
    assert (content["run"], content["stdin"]) == (["build/prog"], "")
    (culprit,) = content["culprits"]
    assert culprit["name"] == "b.o"
    assert {name: argv[0] for name, argv in culprit["commands"].items()} == {
        "default": str(tmp_path / "release/bin/clang"),
        "searched": str(tmp_path / "release/bin/regalloc-clang"),
    }
    assert (folder / culprit["preprocessed"]).read_text() == (
        folder / "program/src/b.c"
    ).read_text()
    assert (folder / "expected/stdout").read_text() == "right a\nright b\n"
    assert (folder / "actual/stdout").read_text() == "right a\nright b\nwrong\n"
    for name in ("default", "searched"):
        run = subprocess.run(content["run"], cwd=folder / name, capture_output=True, check=True)
        output = "expected" if name == "default" else "actual"
        assert run.stdout == (folder / output / "stdout").read_bytes()


def test_a_crash_is_reproduced_with_what_was_seen(tmp_path):
    measure(tmp_path, make_program(tmp_path, {"a.c": "echo right\n# on: kill -SEGV $$"}))
    text = (tmp_path / "out/fake-searched-miscompile/actual/trouble.txt").read_text()
    assert text.endswith("ended with: SIGSEGV\nright\n")


def test_wrong_under_valgrind_only_is_settled_by_whose_build_it_is(tmp_path):
    # The variable is the fake valgrind's: a program can tell that it is being counted.
    write_script(
        tmp_path / "valgrind",
        (tmp_path / "valgrind").read_text().replace('"$@" ||', 'COUNTED=1 "$@" ||'),
    )
    on = make_program(tmp_path, {"a.c": "true\n# on: echo $COUNTED | grep 1; true"}, name="on")
    off = make_program(tmp_path, {"a.c": "echo $COUNTED | grep 1; true\n# on: true"}, name="off")
    content = measure(tmp_path, on, off)
    assert [one.outcome for one in content.programs] == ["ok", "wrong output"]
    build = content.programs[0].builds["searched"]
    # Without valgrind it does not happen, so no object can be singled out.
    assert (build.outcome, build.culprits) == ("miscompile", [])


def test_a_program_that_writes_no_counts_is_told(tmp_path):
    write_script(tmp_path / "valgrind", "#!/bin/sh\nexit 0\n")
    content = measure(tmp_path, make_program(tmp_path, {"a.c": "true\n# on: true"}))
    (program,) = content.programs
    assert program.outcome == "crashed"
    assert program.details.startswith("cachegrind: ")


def test_processor_time_of_compiles_is_by_program_and_variant(tmp_path):
    content = measure(tmp_path, make_program(tmp_path, {"a.c": "echo right"}))
    seconds = content.times.compile_s["fake"]
    assert seconds.keys() == {"default", "searched"}
    assert min(seconds.values()) > 0


def test_every_variant_is_counted_and_only_those_asked_for_are_timed(tmp_path):
    program = make_program(tmp_path, {"a.c": "echo right $1\n# on: true"}, workload=TRAINING)
    content = measure(tmp_path, program, variants=["profile-searched"], timed=["profile-searched"])
    assert outcomes(content.programs[0]) == {
        "default": "ok", "profile": "ok", "profile-searched": "ok",
    }  # fmt: skip
    counts = {
        name: found.instructions for name, found in content.programs[0].workloads[0].counts.items()
    }
    assert counts["default"] < counts["profile"] < counts["profile-searched"]
    (timing,) = content.times.timings
    assert timing.wall_s.keys() == {"default", "again", "profile", "profile-searched"}
    assert timing.workload == "only"


def test_programs_that_were_trained_on_are_named_if_they_were_measured(tmp_path):
    program = make_program(tmp_path, {"a.c": "true"})
    content = measure(tmp_path, program, trained_on=["none", "fake"])
    assert content.trained_on == ["fake"]


def test_a_miscompile_of_a_variant_with_a_profile_is_bisected_from_its_base(tmp_path):
    sources = {
        "a.c": "echo right $1\n# told -regalloc-search=24: true",
        "b.c": "echo right\n# told -regalloc-search=24: echo wrong",
    }
    program = make_program(tmp_path, sources, workload=TRAINING)
    content = measure(tmp_path, program, variants=["profile", "searched"])
    assert outcomes(content.programs[0]) == {
        "default": "ok",
        "searched": "same code",
        "profile": "ok",
        "profile-policy": "same code",
        "profile-searched": "miscompile",
        "profile-uniform": "miscompile",
    }
    assert content.programs[0].builds["profile-searched"].culprits == ["b.o"]
    folder = tmp_path / "out" / "fake-profile-searched-miscompile"
    told = json.loads((folder / "miscompile.json").read_text())
    assert (told["base"], told["variant"]) == ("profile", "profile-searched")
    (culprit,) = told["culprits"]
    assert [argv[0].rpartition("/")[2] for argv in culprit["commands"].values()] == [
        "clang", "regalloc-clang",
    ]  # fmt: skip
    assert (folder / "profiles" / "allocation.profdata").read_text() == "build/prog training\n"
    assert (folder / "profile/build/prog").is_file()


def test_what_has_a_broken_base_is_compared_with_nothing(tmp_path):
    sources = {"a.c": "echo right $1\n# told -Wno-error=backend-plugin: echo wrong"}
    program = make_program(tmp_path, sources, workload=TRAINING)
    content = measure(tmp_path, program, variants=["profile-searched"])
    assert outcomes(content.programs[0]) == {
        "default": "ok", "profile": "miscompile", "profile-searched": "no base",
    }  # fmt: skip
    assert content.programs[0].builds["profile-searched"].details == "profile: miscompile"
    assert content.programs[0].workloads[0].counts.keys() == {"default"}


def test_a_base_that_fails_while_it_is_counted_leaves_the_others_without_one(tmp_path):
    write_script(
        tmp_path / "valgrind",
        (tmp_path / "valgrind").read_text().replace('"$@" ||', 'COUNTED=1 "$@" ||'),
    )
    command = "test -z $COUNTED || echo wrong"
    sources = {"a.c": f"echo right $1\n# told -Wno-error=backend-plugin: {command}"}
    program = make_program(tmp_path, sources, workload=TRAINING)
    content = measure(tmp_path, program, variants=["profile-policy", "searched"])
    # The advisor changes nothing: its build is the profile's, and was not counted by itself.
    assert outcomes(content.programs[0]) == {
        "default": "ok",
        "searched": "same code",
        "profile": "miscompile",
        "profile-policy": "no base",
    }
    assert content.programs[0].workloads[0].counts.keys() == {"default", "searched"}


def test_nothing_of_a_programs_builds_is_left(tmp_path):
    measure(tmp_path, make_program(tmp_path, {"a.c": "true\n# on: true"}))
    assert list((tmp_path / "scratch").iterdir()) == []


def test_a_source_that_is_not_there_is_told_before_others_are_measured(tmp_path):
    well = make_program(tmp_path, {"a.c": "true"}, name="well")
    gone = make_program(tmp_path, {"a.c": "true"}, name="zero")
    shutil.rmtree(gone.folder / "src")
    with pytest.raises(ProgramError, match="zero has no source"):
        measure(tmp_path, well, gone)
    assert not (tmp_path / "scratch").exists()


def test_a_program_at_fault_has_no_reproducer_of_what_else_went_wrong(tmp_path):
    write_script(
        tmp_path / "valgrind",
        (tmp_path / "valgrind").read_text().replace('"$@" ||', 'COUNTED=1 "$@" ||'),
    )
    sources = {"a.c": "test -z $COUNTED || echo odd\n# on: kill -SEGV $$"}
    content = measure(tmp_path, make_program(tmp_path, sources))
    (program,) = content.programs
    assert (program.outcome, program.builds) == ("wrong output", {})
    assert [path.name for path in (tmp_path / "out").iterdir()] == ["measured"]


def test_what_was_measured_before_an_interruption_is_taken_as_it_was(tmp_path, monkeypatch, capsys):
    programs = [
        make_program(tmp_path, {"a.c": "echo right\n# on: true"}, name=name)
        for name in ("one", "two")
    ]
    undisturbed = measure(tmp_path, *programs)
    monkeypatch.setattr(session, "count_trial", stop_at("two"))
    shutil.rmtree(tmp_path / "out")
    with pytest.raises(KeyboardInterrupt):
        measure(tmp_path, *programs)
    assert [path.name for path in (tmp_path / "out/measured").iterdir()] == ["one.json"]
    monkeypatch.setattr(session, "count_trial", stop_at("one"))
    resumed = measure(tmp_path, *programs)
    assert resumed.programs == undisturbed.programs
    assert [timing.program for timing in resumed.times.timings] == ["one", "two"]
    assert resumed.times.compile_s.keys() == {"one", "two"}
    assert "one: measured before the interruption 1/1" in capsys.readouterr().err


def stop_at(name, count=session.count_trial):
    """Return a count_trial that is interrupted when it comes to a program."""

    def count_or_stop(trial, lab):
        if trial.program.name == name:
            raise KeyboardInterrupt
        return count(trial, lab)

    return count_or_stop


@pytest.mark.parametrize("content", [b"", b"{}", b'{"result": {"name": '])
def test_a_program_whose_file_is_damaged_is_measured_again(tmp_path, content):
    program = make_program(tmp_path, {"a.c": "echo right\n# on: true"})
    first = measure(tmp_path, program)
    path = tmp_path / "out/measured/fake.json"
    path.write_bytes(content)
    assert measure(tmp_path, program).programs == first.programs
    assert path.stat().st_size > 100
