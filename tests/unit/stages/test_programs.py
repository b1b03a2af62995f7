import hashlib
import shutil
from dataclasses import replace

import pytest

from regalloc.errors import ConfigError, MiscompileError, ProgramError, ToolchainError
from regalloc.formats.trained_on import write_trained_on
from regalloc.layout import RELEASE_SHARE
from regalloc.programs import cachegrind, perf
from regalloc.programs.kept import KeptPrograms, MeasuredProgram
from regalloc.report import programs_result as report
from regalloc.settings import Programs, Settings
from regalloc.stages import programs
from regalloc.stages.context import StageContext
from tests.unit.programs.fakes import make_program, make_release, make_valgrind

WELL = {"a.c": "echo right\n# on: true"}


@pytest.fixture
def context(tmp_path, monkeypatch):
    """A run with a release and one program of the image, which goes well."""
    monkeypatch.setattr(cachegrind, "VALGRIND", str(make_valgrind(tmp_path)))
    monkeypatch.setattr(perf, "PERF", str(tmp_path / "none"))
    root = tmp_path / "run"
    make_release(root / "release")
    (root / "programs").mkdir()
    image = tmp_path / "image"
    make_program(image / "definitions", WELL, name="well")
    settings = Settings(
        (
            Programs(
                names=(),
                variants=("searched",),
                timed=("searched",),
                rounds=1,
                wall_s=20.0,
                memory_mb=2048,
            ),
        )
    )
    return StageContext(root, tmp_path, tmp_path, 0, 2, settings, programs=image)


def own(context, sources, name="own"):
    make_program(context.root / "own_programs", sources, name=name)


def outcomes(context):
    content = report.read(context.root / "programs" / "programs.json")
    return {
        program.name: program.builds["searched"].outcome if program.builds else program.outcome
        for program in content.programs
    }


def test_the_images_programs_and_the_users_are_measured(context):
    own(context, {"a.c": "echo mine"})
    programs.run(context)
    assert outcomes(context) == {"own": "same code", "well": "ok"}
    content = report.read(context.root / "programs" / "programs.json")
    compiler = (context.root / "release/bin/clang").read_bytes()
    assert content.release == hashlib.sha256(compiler).hexdigest()
    assert content.counted_by == "valgrind 3.19.0"
    assert [path.name for path in (context.root / "programs").iterdir()] == ["programs.json"]


def test_programs_that_the_policy_was_trained_on_stand_apart(context):
    share = context.root / "release" / RELEASE_SHARE
    share.mkdir(parents=True)
    write_trained_on(share, ["well", "not measured"])
    own(context, {"a.c": "echo mine"})
    programs.run(context)
    assert report.read(context.root / "programs" / "programs.json").trained_on == ["well"]


def select(context, *names):
    config = replace(context.settings.get(Programs), names=names)
    return replace(context, settings=Settings((config,)))


@pytest.mark.parametrize("name", ["own", "well"])
def test_programs_that_are_named_are_measured_alone(context, name):
    own(context, {"a.c": "echo mine\n# on: true"})
    programs.run(select(context, name))
    assert outcomes(context) == {name: "ok"}


def test_a_name_that_no_program_has_is_told_with_those_that_there_are(context):
    own(context, {"a.c": "echo mine"})
    with pytest.raises(ProgramError) as caught:
        programs.run(select(context, "well", "lau"))
    assert caught.value.render() == (
        "error: there is no program 'lau'\n"
        "Programs.names selects well, lau; there are own, well\n"
        "what to do: correct Programs.names, or add the folder of your own program: --program=DIR"
    )
    assert list((context.root / "programs").iterdir()) == []


def test_a_miscompile_fails_with_the_object_and_the_reproducer(context):
    own(context, {"a.c": "echo a\n# on: true", "b.c": "echo b\n# on: kill -SEGV $$"})
    with pytest.raises(MiscompileError) as caught:
        programs.run(context)
    assert (caught.value.exit_code, caught.value.brief) == (
        27, "wrong as one variant builds it, right as its base does: own (searched)",
    )  # fmt: skip
    reproducer = context.root / "programs" / "own-searched-miscompile"
    assert caught.value.details.endswith(f"objects to blame: b.o\nreproducer: {reproducer}")
    assert caught.value.resolution.startswith("do not build by this variant")
    assert (reproducer / "miscompile.json").is_file()
    assert outcomes(context) == {"own": "miscompile", "well": "ok"}


@pytest.mark.parametrize(
    ("source", "outcome", "seen"),
    [
        ("echo a\n# fails off", "build failed", "a.c: the compiler gave up"),
        ("echo oops; kill -SEGV $$", "crashed", "ended with: SIGSEGV\noops"),
        ("date +%N", "wrong output", "standard output: sha256 "),
    ],
)
def test_a_program_at_fault_is_named_after_the_others_are_measured(context, source, outcome, seen):
    own(context, {"a.c": source})
    with pytest.raises(ProgramError) as caught:
        programs.run(context)
    assert caught.value.exit_code == 28
    assert (
        caught.value.brief
        == "cannot be measured, because they fail with the default heuristic too: own"
    )
    assert caught.value.details.startswith(f"own: {outcome}\n")
    assert seen in caught.value.details
    assert outcomes(context) == {"own": outcome, "well": "ok"}


def test_a_build_that_only_a_variant_fails_is_a_result(context):
    own(context, {"a.c": "echo a\n# fails on"})
    programs.run(context)
    assert outcomes(context) == {"own": "build failed", "well": "ok"}


def test_a_release_without_its_compilers_is_named(context):
    (context.root / "release/bin/regalloc-clang++").unlink()
    with pytest.raises(ToolchainError) as caught:
        programs.run(context)
    assert caught.value.render() == (
        f"error: the release has no regalloc-clang++\n{context.root}/release/bin lacks "
        "regalloc-clang++\nwhat to do: run invoke release again"
    )


@pytest.mark.parametrize("setting", ["variants", "timed"])
def test_a_variant_that_there_is_none_of_is_told_before_anything_is_built(context, setting):
    config = replace(context.settings.get(Programs), **{setting: ("searched", "serched")})
    with pytest.raises(ConfigError, match="there is no variant 'serched'"):
        programs.run(replace(context, settings=Settings((config,))))
    assert list((context.root / "programs").iterdir()) == []


def test_variants_that_are_named_are_built_and_timed(context):
    config = replace(
        context.settings.get(Programs), variants=("policy", "searched-2"), timed=("searched-2",)
    )
    programs.run(replace(context, settings=Settings((config,))))
    content = report.read(context.root / "programs" / "programs.json")
    assert [variant.name for variant in content.variants] == ["default", "policy", "searched-2"]
    (timing,) = content.times.timings
    assert timing.wall_s.keys() == {"default", "again", "searched-2"}


def test_a_run_after_one_with_a_program_at_fault_measures_all_again(context):
    own(context, {"a.c": "echo a\n# on: kill -SEGV $$"})
    with pytest.raises(MiscompileError):
        programs.run(context)
    folder = context.root / "programs"
    assert {path.name for path in folder.iterdir()} == {"programs.json", "own-searched-miscompile"}
    shutil.rmtree(context.root / "own_programs" / "own")
    own(context, {"a.c": "echo a"})
    programs.run(context)
    assert outcomes(context) == {"own": "same code", "well": "ok"}
    assert [path.name for path in folder.iterdir()] == ["programs.json"]


def test_builds_of_a_killed_run_are_removed_and_what_it_measured_is_kept(context):
    folder = context.root / "programs"
    programs.run(context)
    before = report.read(folder / "programs.json")
    (folder / "measured").mkdir()
    known = MeasuredProgram(result=before.programs[0], timings=[], compile_s={"default": 7.0})
    KeptPrograms(folder).keep("well", known)
    (folder / "scratch" / "well").mkdir(parents=True)
    programs.run(context)
    after = report.read(folder / "programs.json")
    assert after.programs == before.programs
    assert after.times.compile_s == {"well": {"default": 7.0}}
    assert [path.name for path in folder.iterdir()] == ["programs.json"]
