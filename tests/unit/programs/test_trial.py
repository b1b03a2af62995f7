from dataclasses import replace

import pytest

from regalloc.programs import cachegrind
from regalloc.programs import trial as trial_module
from regalloc.programs.trial import try_program
from regalloc.programs.variants import select_variants
from tests.unit.programs.fakes import LIMITS, TRAINING, make_lab, make_program, make_valgrind


@pytest.fixture(autouse=True)
def no_valgrind(tmp_path, monkeypatch):
    monkeypatch.setattr(cachegrind, "VALGRIND", str(make_valgrind(tmp_path)))


RIGHT = {"a.c": "echo right a", "b.c": "echo right b"}


def attempt(tmp_path, sources, workload="", limits=LIMITS, variants=("searched",)):
    program = make_program(tmp_path, sources, workload=workload)
    return try_all(program, make_lab(tmp_path, limits), variants)


def try_all(program, lab, variants=("searched",)):
    return try_program(program, lab, select_variants(variants), lambda: None)


def searched(trial):
    assert (trial.outcome, trial.details) == ("ok", "")
    return trial.attempts["searched"]


def test_a_search_that_changes_nothing_is_the_same_code(tmp_path):
    trial = attempt(tmp_path, RIGHT)
    found = searched(trial)
    assert (found.outcome, found.differing) == ("same code", ())
    assert sorted(trial.attempts["default"].built.units) == ["a.o", "b.o"]


def test_objects_that_differ_are_named_and_the_output_compared(tmp_path):
    found = searched(attempt(tmp_path, {**RIGHT, "b.c": "echo right b\n# on: true"}))
    assert (found.outcome, found.differing) == ("ok", ("b.o",))


@pytest.mark.parametrize(
    ("command", "seen"),
    [
        ("echo wrong", "standard output: sha256 "),
        ("kill -SEGV $$", "ended with: SIGSEGV"),
        ("exit 4", "ended with: exit code 4"),
    ],
)
def test_what_only_a_variants_build_gets_wrong_is_a_miscompile(tmp_path, command, seen):
    found = searched(attempt(tmp_path, {**RIGHT, "b.c": f"echo right b\n# on: {command}"}))
    assert (found.outcome, found.failing.name) == ("miscompile", "only")
    assert seen in found.details


def test_an_endless_run_of_a_variants_build_alone_is_a_miscompile(tmp_path, monkeypatch):
    monkeypatch.setattr(trial_module, "GRACE_S", 1.0)
    monkeypatch.setattr(trial_module, "SLOWER", 0.0)
    found = searched(attempt(tmp_path, {"a.c": "true\n# on: sleep 60"}))
    assert found.outcome == "miscompile"
    assert "ended with: no end after 1 s" in found.details


def test_a_run_that_is_merely_slow_as_a_variant_is_no_miscompile(tmp_path):
    sources = {"a.c": "true\n# on: sleep 60"}
    found = searched(attempt(tmp_path, sources, limits=replace(LIMITS, wall_s=3.0)))
    assert found.outcome == "timed out"
    assert "ended with: no end after 3 s" in found.details


@pytest.mark.parametrize("build", ["off", "on"])
def test_a_build_that_fails_is_told_of_whose_build_it_is(tmp_path, build):
    trial = attempt(tmp_path, {**RIGHT, "b.c": f"echo b\n# fails {build}"})
    failed = trial if build == "off" else searched(trial)
    assert failed.outcome == "build failed"
    assert failed.details.startswith("command: sh ")
    assert failed.details.endswith("ended with: exit code 3\nb.c: the compiler gave up")


def test_without_a_default_build_there_is_no_other(tmp_path):
    trial = attempt(tmp_path, {"a.c": "# fails off"}, variants=["all"])
    assert (trial.outcome, dict(trial.attempts)) == ("build failed", {})


def test_a_crash_of_the_default_build_is_the_programs(tmp_path):
    trial = attempt(tmp_path, {"a.c": "echo oops >&2; kill -ABRT $$"})
    assert trial.outcome == "crashed"
    assert trial.details.endswith("ended with: SIGABRT\noops")


def test_output_that_is_not_what_was_promised_is_the_programs(tmp_path):
    workload = f'stdout = "{"0" * 64}"\nfiles = {{ "made" = "" }}'
    trial = attempt(tmp_path, {"a.c": "echo right; echo x >made"}, workload)
    assert trial.outcome == "wrong output"
    assert trial.details.endswith(f"expected {'0' * 64}")


def test_files_count_as_output(tmp_path):
    sources = {"a.c": "echo right >made\n# on: rm made"}
    found = searched(attempt(tmp_path, sources, 'files = { "made" = "" }'))
    assert found.outcome == "miscompile"
    assert found.details.startswith("made: sha256 nothing, expected ")


def test_a_missing_executable_is_the_builds_failure(tmp_path):
    program = make_program(tmp_path, RIGHT)
    (program.folder / "build.sh").write_text("true\n")
    trial = try_all(program, make_lab(tmp_path))
    assert trial.outcome == "build failed"
    assert trial.details.startswith("the build left no executable prog.elf: ")


def test_a_command_that_is_not_there_is_the_builds_failure(tmp_path):
    program = make_program(tmp_path, RIGHT)
    (program.folder / "build.sh").write_text("no-such-tool\n")
    assert try_all(program, make_lab(tmp_path)).details.endswith("no-such-tool: not found")


def test_an_input_that_is_not_there_is_the_programs_fault(tmp_path):
    trial = attempt(tmp_path, RIGHT, 'stdin = "{program}/none"')
    assert trial.outcome == "crashed"
    assert "No such file or directory" in trial.details


def test_builds_share_a_path_and_what_they_leave_lies_in_folders_as_long(tmp_path):
    trial = attempt(tmp_path, {"a.c": "true\n# on: true"}, TRAINING, variants=["all"])
    builds = [attempt.built for attempt in trial.attempts.values()]
    folders = {built.units["a.o"].folder for built in builds}
    assert folders == {str(tmp_path / "scratch" / "fake" / "build")}
    names = {built.folder.name for built in builds}
    assert len(names) == len(trial.attempts) == 16
    assert {len(name) for name in names} == {2}
