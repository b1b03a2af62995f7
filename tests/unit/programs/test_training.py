import pytest

from regalloc.programs import cachegrind
from regalloc.programs.build import PLAIN
from regalloc.programs.trial import try_program
from regalloc.programs.variants import select_variants
from tests.unit.programs.fakes import TRAINING, make_lab, make_program, make_valgrind, write_script


@pytest.fixture(autouse=True)
def no_valgrind(tmp_path, monkeypatch):
    monkeypatch.setattr(cachegrind, "VALGRIND", str(make_valgrind(tmp_path)))


SOURCES = {"a.c": "echo right $1"}


def attempt(tmp_path, variants, sources=SOURCES, workload=TRAINING):
    program = make_program(tmp_path, sources, workload=workload)
    lab = make_lab(tmp_path)
    return try_program(program, lab, select_variants(variants), lambda: None)


def flags(trial, variant):
    return trial.attempts[variant].recipe.flags


def test_a_profile_is_used_by_every_variant_that_needs_it(tmp_path):
    trial = attempt(tmp_path, ["profile"])
    assert trial.attempts["profile"].outcome == "ok"
    assert trial.attempts["profile"].differing == ("a.o",)
    (made,) = trial.profiles
    assert made.name == "allocation.profdata"
    use = ("-mllvm", f"-regalloc-profile-use={made}", "-Wno-error=backend-plugin")
    assert flags(trial, "profile") == use
    assert flags(trial, "profile-searched") == (*use, "-mllvm", "-regalloc-search=24")
    assert trial.attempts["default"].recipe == PLAIN


def test_only_workloads_that_train_are_profiled(tmp_path):
    trial = attempt(tmp_path, ["profile"])
    assert trial.profiles[0].read_text() == "build/prog training\n"


def test_a_profile_on_top_of_another_is_taken_from_a_build_that_uses_that(tmp_path):
    sources = {"a.c": "echo right $1\n# told -regalloc-profile-generate=/dev/null: true"}
    trial = attempt(tmp_path, ["pgo"], sources)
    below, above = trial.profiles
    assert (below.name, above.name) == ("ordinary.profdata", "ordinary-allocation.profdata")
    said = [flag for flag in flags(trial, "pgo-profile") if "=" in flag and "-use=" in flag]
    assert said == [f"-fprofile-instr-use={below}", f"-regalloc-profile-use={above}"]


def test_training_is_executed_at_the_same_addresses_each_time(tmp_path):
    said = tmp_path / "said"
    script = f'#!/bin/sh\necho "$@" >>{said}\nshift 2\nexec "$@"\n'
    write_script(tmp_path / "valgrind", script)
    attempt(tmp_path, ["profile"])
    assert said.read_text() == "--quiet --tool=none build/prog training\n"


def test_what_the_build_itself_executes_is_not_counted(tmp_path):
    program = make_program(tmp_path, SOURCES, workload=TRAINING)
    script = program.folder / "build.sh"
    script.write_text(f"{script.read_text().replace('exec ', '')}./prog built || exit\n")
    trial = try_program(program, make_lab(tmp_path), select_variants(["profile"]), lambda: None)
    assert trial.profiles[0].read_text() == "build/prog training\n"


def test_without_a_workload_that_trains_there_is_no_profile(tmp_path):
    trial = attempt(tmp_path, ["profile-searched", "searched"], workload="")
    assert {name: one.outcome for name, one in trial.attempts.items()} == {
        "default": "ok",
        "searched": "same code",
        "profile": "no profile",
        "profile-searched": "no base",
    }
    assert trial.attempts["profile"].details == (
        'allocation profile: no profile\nthere is no workload with use = "train"'
    )
    assert trial.attempts["profile-searched"].details == "profile: no profile"


@pytest.mark.parametrize(
    ("command", "outcome", "seen"),
    [
        ("kill -SEGV $$", "crashed", "ended with: SIGSEGV"),
        ("echo wrong", "wrong output", "standard output: sha256 "),
        ("exit 0", "no profile", "no workload that trains wrote counts"),
    ],
)
def test_a_build_that_counts_and_does_not_go_well_is_no_profile(tmp_path, command, outcome, seen):
    sources = {"a.c": f"echo right $1\n# told -regalloc-profile-generate=/dev/null: {command}"}
    trial = attempt(tmp_path, ["profile", "searched"], sources)
    profile = trial.attempts["profile"]
    assert profile.outcome == "no profile"
    assert profile.details.startswith(f"allocation profile: {outcome}\n")
    assert seen in profile.details
    assert trial.attempts["searched"].outcome == "same code"


def test_counts_that_cannot_be_merged_are_no_profile(tmp_path):
    program = make_program(tmp_path, SOURCES, workload=TRAINING)
    lab = make_lab(tmp_path)
    (lab.release / "bin" / "llvm-profdata").write_text("#!/bin/sh\necho damaged >&2\nexit 1\n")
    trial = try_program(program, lab, select_variants(["profile"]), lambda: None)
    assert trial.attempts["profile"].details.endswith("ended with: exit code 1\ndamaged")
