from dataclasses import replace

import pytest

from regalloc.programs import trial as trial_module
from regalloc.programs.trial import try_program
from tests.unit.programs.fakes import LIMITS, make_lab, make_program

RIGHT = {"a.c": "echo right a", "b.c": "echo right b"}


def attempt(tmp_path, sources, workload="", limits=LIMITS):
    return try_program(
        make_program(tmp_path, sources, workload=workload), make_lab(tmp_path, limits)
    )


def test_a_policy_that_changes_nothing_is_the_same_code(tmp_path):
    trial = attempt(tmp_path, RIGHT)
    assert (trial.outcome, trial.blame, trial.differing) == ("same code", "", ())
    assert sorted(trial.default.units) == ["a.o", "b.o"]


def test_objects_that_differ_are_named_and_the_output_compared(tmp_path):
    trial = attempt(tmp_path, {**RIGHT, "b.c": "echo right b\n# on: true"})
    assert (trial.outcome, trial.differing) == ("ok", ("b.o",))


@pytest.mark.parametrize(
    ("command", "seen"),
    [
        ("echo wrong", "standard output: sha256 "),
        ("kill -SEGV $$", "ended with: SIGSEGV"),
        ("exit 4", "ended with: exit code 4"),
    ],
)
def test_what_only_the_policys_build_gets_wrong_is_a_miscompile(tmp_path, command, seen):
    trial = attempt(tmp_path, {**RIGHT, "b.c": f"echo right b\n# on: {command}"})
    assert (trial.outcome, trial.blame, trial.failing.name) == ("miscompile", "policy", "only")
    assert seen in trial.details


def test_an_endless_run_of_the_policys_build_alone_is_a_miscompile(tmp_path, monkeypatch):
    monkeypatch.setattr(trial_module, "GRACE_S", 1.0)
    monkeypatch.setattr(trial_module, "SLOWER", 0.0)
    trial = attempt(tmp_path, {"a.c": "true\n# on: sleep 60"})
    assert (trial.outcome, trial.blame) == ("miscompile", "policy")
    assert "ended with: no end after 1 s" in trial.details


def test_a_run_that_is_merely_slow_under_the_policy_is_no_miscompile(tmp_path):
    sources = {"a.c": "true\n# on: sleep 60"}
    trial = attempt(tmp_path, sources, limits=replace(LIMITS, wall_s=3.0))
    assert (trial.outcome, trial.blame) == ("timed out", "policy")
    assert "ended with: no end after 3 s" in trial.details


@pytest.mark.parametrize(("build", "blame"), [("off", "program"), ("on", "policy")])
def test_a_build_that_fails_blames_whose_build_it_is(tmp_path, build, blame):
    trial = attempt(tmp_path, {**RIGHT, "b.c": f"echo b\n# fails {build}"})
    assert (trial.outcome, trial.blame) == ("build failed", blame)
    assert trial.details.startswith("command: sh ")
    assert trial.details.endswith("ended with: exit code 3\nb.c: the compiler gave up")


def test_a_crash_of_the_default_build_is_the_programs(tmp_path):
    trial = attempt(tmp_path, {"a.c": "echo oops >&2; kill -ABRT $$"})
    assert (trial.outcome, trial.blame) == ("crashed", "program")
    assert trial.details.endswith("ended with: SIGABRT\noops")


def test_output_that_is_not_what_was_promised_is_the_programs(tmp_path):
    workload = f'stdout = "{"0" * 64}"\nfiles = {{ "made" = "" }}'
    trial = attempt(tmp_path, {"a.c": "echo right; echo x >made"}, workload)
    assert (trial.outcome, trial.blame) == ("wrong output", "program")
    assert trial.details.endswith(f"expected {'0' * 64}")


def test_files_count_as_output(tmp_path):
    sources = {"a.c": "echo right >made\n# on: rm made"}
    trial = attempt(tmp_path, sources, 'files = { "made" = "" }')
    assert trial.outcome == "miscompile"
    assert trial.details.startswith("made: sha256 nothing, expected ")


def test_a_missing_executable_is_the_builds_failure(tmp_path):
    program = make_program(tmp_path, RIGHT)
    (program.folder / "build.sh").write_text("true\n")
    trial = try_program(program, make_lab(tmp_path))
    assert (trial.outcome, trial.blame) == ("build failed", "program")
    assert trial.details.startswith("the build left no executable prog.elf: ")


def test_a_command_that_is_not_there_is_the_builds_failure(tmp_path):
    program = make_program(tmp_path, RIGHT)
    (program.folder / "build.sh").write_text("no-such-tool\n")
    assert try_program(program, make_lab(tmp_path)).details.endswith("no-such-tool: not found")


def test_an_input_that_is_not_there_is_the_programs_fault(tmp_path):
    trial = attempt(tmp_path, RIGHT, 'stdin = "{program}/none"')
    assert (trial.outcome, trial.blame) == ("crashed", "program")
    assert "No such file or directory" in trial.details


def test_builds_share_a_path_and_what_they_leave_lies_in_folders_as_long(tmp_path):
    trial = attempt(tmp_path, {"a.c": "true\n# on: true"})
    units = (trial.default.units["a.o"], trial.policy.units["a.o"])
    assert {unit.folder for unit in units} == {str(tmp_path / "scratch" / "fake" / "build")}
    names = (trial.default.folder.name, trial.policy.folder.name)
    assert names[0] != names[1]
    assert len(names[0]) == len(names[1])
