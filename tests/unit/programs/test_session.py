import json
import subprocess

import pytest

from regalloc.compiler.toolchain import open_toolchain
from regalloc.programs import cachegrind, perf
from regalloc.programs.session import MeasuredCompiler, measure_programs
from tests.unit.programs.fakes import make_lab, make_program, make_valgrind, write_script


@pytest.fixture(autouse=True)
def no_counters(tmp_path, monkeypatch):
    monkeypatch.setattr(cachegrind, "VALGRIND", str(make_valgrind(tmp_path)))
    monkeypatch.setattr(perf, "PERF", str(tmp_path / "none"))


def measure(tmp_path, *programs, rounds=2):
    lab = make_lab(tmp_path)
    release = MeasuredCompiler(open_toolchain(lab.release), "cafe")
    return measure_programs(
        programs, lab, release, rounds=rounds, valgrind="3.19.0", folder=tmp_path / "out"
    )


def test_counts_ratios_and_rounds_of_a_program_that_went_well(tmp_path):
    content = measure(tmp_path, make_program(tmp_path, {"a.c": "echo right\n# on: true"}))
    assert (content.release, content.compiler) == ("cafe", "fake clang version 19.1.7 (fake)")
    (program,) = content.programs
    assert (program.outcome, program.objects, program.differing) == ("ok", 1, ["a.o"])
    (workload,) = program.workloads
    assert workload.default == workload.again
    assert workload.policy.instructions == workload.default.instructions + len("true\n")
    assert (
        workload.ratio.instructions == workload.policy.instructions / workload.default.instructions
    )
    assert (workload.ratio.data_reads, workload.noise.instructions) == (1.0, 1.0)
    (timing,) = content.times.timings
    assert (timing.program, timing.workload, content.times.rounds) == ("fake", "only", 2)
    assert [len(times) for times in (timing.wall_s.default, timing.user_s.policy)] == [2, 2]
    assert content.times.counters_missing == "perf is not installed"


def test_the_same_code_is_counted_but_not_timed(tmp_path):
    content = measure(tmp_path, make_program(tmp_path, {"a.c": "echo right"}))
    (program,) = content.programs
    assert (program.outcome, program.workloads[0].ratio.instructions) == ("same code", 1.0)
    assert content.times.timings == []


TRAINING = """
[[workload]]
name = "training"
use = "train"
run = ["{build}/prog", "training"]
"""


def test_a_training_workload_is_neither_counted_nor_timed(tmp_path):
    sources = {"a.c": "echo right\n# on: true"}
    content = measure(tmp_path, make_program(tmp_path, sources, workload=TRAINING))
    (program,) = content.programs
    assert (program.outcome, [one.name for one in program.workloads]) == ("ok", ["only"])
    assert [timing.workload for timing in content.times.timings] == ["only"]


def test_a_training_workload_that_the_policy_breaks_is_a_miscompile(tmp_path):
    sources = {"a.c": 'echo right\n# on: test -z "$1" || echo wrong'}
    content = measure(tmp_path, make_program(tmp_path, sources, workload=TRAINING))
    (program,) = content.programs
    assert (program.outcome, program.culprits) == ("miscompile", ["a.o"])
    assert program.details.startswith("standard output: sha256 ")


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
    assert (counters.default.instructions, counters.policy.cycles) == (123, None)


def test_a_miscompile_is_bisected_and_the_others_are_measured(tmp_path):
    names = "abcdefgh"
    sources = {f"{name}.c": f"echo right {name}\n# on: true" for name in names}
    sources["f.c"] = "echo right f\n# on: echo wrong"
    broken = make_program(tmp_path, sources, name="broken")
    content = measure(tmp_path, broken, make_program(tmp_path, {"a.c": "true\n# on: true"}))
    assert [(one.name, one.outcome, one.culprits) for one in content.programs] == [
        ("broken", "miscompile", ["f.o"]),
        ("fake", "ok", []),
    ]
    assert content.programs[0].workloads == []
    assert [timing.program for timing in content.times.timings] == ["fake"]


def test_a_reproducer_holds_both_builds_and_outputs_and_the_commands(tmp_path):
    sources = {"a.c": "echo right a", "b.c": "echo right b\n# on: echo wrong"}
    measure(tmp_path, make_program(tmp_path, sources))
    folder = tmp_path / "out" / "fake-miscompile"
    content = json.loads((folder / "miscompile.json").read_text())
    assert (content["program"], content["workload"], content["release"]) == ("fake", "only", "cafe")
    assert (content["run"], content["stdin"]) == (["build/prog"], "")
    (culprit,) = content["culprits"]
    assert culprit["name"] == "b.o"
    assert (culprit["default"][0], culprit["policy"][0]) == (
        str(tmp_path / "release/bin/clang"), str(tmp_path / "release/bin/regalloc-clang"),
    )  # fmt: skip
    assert (folder / culprit["preprocessed"]).read_text() == (
        folder / "program/src/b.c"
    ).read_text()
    assert (folder / "expected/stdout").read_text() == "right a\nright b\n"
    assert (folder / "actual/stdout").read_text() == "right a\nright b\nwrong\n"
    for name in ("default", "policy"):
        run = subprocess.run(content["run"], cwd=folder / name, capture_output=True, check=True)
        output = "expected" if name == "default" else "actual"
        assert run.stdout == (folder / output / "stdout").read_bytes()


def test_a_crash_is_reproduced_with_what_was_seen(tmp_path):
    measure(tmp_path, make_program(tmp_path, {"a.c": "echo right\n# on: kill -SEGV $$"}))
    text = (tmp_path / "out/fake-miscompile/actual/trouble.txt").read_text()
    assert text.endswith("ended with: SIGSEGV\nright\n")


def test_wrong_under_valgrind_only_is_settled_by_whose_build_it_is(tmp_path):
    # The variable is the fake valgrind's: a program can tell that it is being counted.
    write_script(
        tmp_path / "valgrind",
        (tmp_path / "valgrind").read_text().replace('"$@"', 'COUNTED=1 "$@"'),
    )
    on = make_program(tmp_path, {"a.c": "true\n# on: echo $COUNTED | grep 1; true"}, name="on")
    off = make_program(tmp_path, {"a.c": "echo $COUNTED | grep 1; true\n# on: true"}, name="off")
    content = measure(tmp_path, on, off)
    assert [(one.outcome, one.blame) for one in content.programs] == [
        ("miscompile", "policy"),
        ("wrong output", "program"),
    ]
    # Without valgrind it does not happen, so no object can be singled out.
    assert content.programs[0].culprits == []


def test_a_program_that_writes_no_counts_is_told(tmp_path):
    write_script(tmp_path / "valgrind", "#!/bin/sh\nexit 0\n")
    content = measure(tmp_path, make_program(tmp_path, {"a.c": "true\n# on: true"}))
    (program,) = content.programs
    assert (program.outcome, program.blame) == ("crashed", "program")
    assert program.details.startswith("cachegrind: ")
