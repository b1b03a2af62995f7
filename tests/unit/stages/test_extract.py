import hashlib
import json
from dataclasses import replace

import pytest

from regalloc.errors import ConfigError, CorpusError, ToolchainError
from regalloc.formats.corpus import Module, read_corpus
from regalloc.formats.replays import Proof
from regalloc.pipeline.manifest import look_at_outputs
from regalloc.settings import Corpus, HoldOut, ProgramCorpus, Settings
from regalloc.stages import extract
from regalloc.stages.context import StageContext
from regalloc.stages.corpus_proofs import describe_proofs
from tests.unit.compiler.fakes import LIMITS, MAGIC, make_toolchain
from tests.unit.formats.bitstreams import unabbreviated, wrap

BITCODE = unabbreviated("LLVM19.1.7")
FAST, SLOW = b"-cc1\0-O3\0", b"-cc1\0-O0\0"
CORPUS = Corpus(
    targets=(), projects=(), cmd_filter="^-O2|-O3$", min_extracted=0.8, held_out_fraction=0.2
)
NO_PROGRAMS = ProgramCorpus(names=(), alone=False, wall_s=20.0, memory_mb=2048)
NO_PROGRAM_HELD_OUT = HoldOut(programs=(), folds=0, fold=0)
OBJCOPY_ERRORS = {
    "plain.o": "error: section '.llvmbc' not found",
    "nocmd.o": "error: section '.llvmcmd' not found",
    "text.o": "error: 'text.o': The file was not recognized as a valid object file",
    "lto.o": "error: 'lto.o': The file was not recognized as a valid object file",
    "odd.o": "error: something else",
}


class Build:
    """A folder of fake objects: an object is its bitcode, its command lies beside it."""

    def __init__(self, folder):
        self.folder = folder
        self.entries = []
        folder.mkdir()

    def add(self, name, cmd=FAST, file="a.c", bitcode=BITCODE):
        self.entries.append({"directory": "/nowhere", "file": file, "command": f"cc -c -o {name}"})
        if bitcode is not None:
            (self.folder / name).write_bytes(bitcode + name.encode())
            (self.folder / f"{name}.llvmcmd").write_bytes(cmd)
        if name in OBJCOPY_ERRORS:
            (self.folder / f"{name}.error").write_text(OBJCOPY_ERRORS[name])

    def context(
        self,
        tmp_path,
        jobs=2,
        major=19,
        programs=NO_PROGRAMS,
        hold_out=NO_PROGRAM_HELD_OUT,
        **changes,
    ):
        (self.folder / "compile_commands.json").write_text(json.dumps(self.entries))
        if not (tmp_path / "llvm").exists():
            make_toolchain(tmp_path / "llvm", major=major)
        values = {**CORPUS.__dict__, **changes}
        settings = Settings((Corpus(**values), programs, hold_out, replace(LIMITS, attempts=1)))
        return StageContext(
            tmp_path / f"run{jobs}", tmp_path / "llvm", self.folder, 0, jobs, settings
        )


@pytest.fixture
def build(tmp_path):
    return Build(tmp_path / "build")


def test_extract_writes_a_corpus(build, tmp_path):
    for name in ("b.o", "a.o", "c.o"):
        build.add(name, b"-cc1\0-O3\0-I\0caf\xe9\0")
    build.add("slow.o", SLOW)
    build.add("blake3.o", file="blake3.S")
    context = build.context(tmp_path)
    extract.run(context)
    folder = context.root / "corpus"
    held_out = json.loads((folder / "split.json").read_text())["held_out"]
    assert read_corpus(folder) == tuple(
        Module(n, folder / f"{n}.bc", ("-cc1", "-O3", "-I", "caf\udce9"), n in held_out)
        for n in ("a.o", "b.o", "c.o")
    )
    assert (folder / "b.o.bc").read_bytes() == BITCODE + b"b.o"
    assert json.loads((folder / "extraction.json").read_text()) == {
        "objects": 5,
        "extracted": 3,
        "producers": {"19.1.7": 3},
        "skipped": {"assembler source": ["blake3.o"], "filtered by cmd_filter": ["slow.o"]},
        "arguments_left_out": {},
    }
    assert sorted(p.name for p in folder.iterdir()) == sorted(
        [f"{n}.o.{s}" for n in "abc" for s in ("bc", "cmd")]
        + ["corpus_description.json", "extraction.json", "split.json"]
        + ["baselines.json", "replay.json", "times.json"]
    )


def test_what_became_of_the_objects_is_told_and_what_replays_do_without(build, tmp_path, capsys):
    build.add("a.o", FAST + b"-load\0x.so\0-mllvm\0-exec-on-ir-change=./x\0-load\0y.so\0")
    build.add("b.o", FAST + b"-load\0x.so\0-Wall\0")
    build.add("slow.o", SLOW)
    context = build.context(tmp_path)
    extract.run(context)
    assert capsys.readouterr().out.splitlines()[:3] == [
        "2 of 3 objects became modules",
        "1 x filtered by cmd_filter, first slow.o",
        "arguments left out of replays, by modules that had them: -load (2), "
        "-mllvm -exec-on-ir-change (1)",
    ]
    told = json.loads((context.root / "corpus" / "extraction.json").read_text())
    assert told["arguments_left_out"] == {"-load": 2, "-mllvm -exec-on-ir-change": 1}


def test_many_arguments_that_are_left_out_are_told_in_one_line(build, tmp_path, capsys):
    build.add("a.o", FAST + b"".join(b"-unknown%d\0" % number for number in range(99)))
    extract.run(build.context(tmp_path))
    assert capsys.readouterr().out.splitlines()[1].endswith("-unknown19 (1) and 87 more")


def test_extract_does_not_depend_on_jobs(build, tmp_path):
    for index in range(12):
        build.add(f"m{index}.o", FAST if index % 3 else SLOW)
    contents = []
    for jobs in (1, 4):
        context = build.context(tmp_path, jobs)
        extract.run(context)
        folder = context.root / "corpus"
        contents.append(
            {n: (folder / n).read_bytes() for n in look_at_outputs(folder, hashed=False)}
        )
    assert contents[0] == contents[1]


def test_a_corpus_built_for_size_alone_is_told_about_the_filter(build, tmp_path):
    build.add("small.o", b"-cc1\0-Os\0")
    with pytest.raises(CorpusError) as caught:
        extract.run(build.context(tmp_path))
    assert caught.value.brief == "none of the 1 objects was meant to become a module"
    assert caught.value.details == "1 x filtered by cmd_filter, first small.o"
    assert "Corpus.cmd_filter" in caught.value.resolution


def test_extract_with_too_few_modules_fails_with_a_histogram(build, tmp_path):
    build.add("good.o")
    build.add("gone.o", bitcode=None)
    build.add("gone2.o", bitcode=None)
    build.add("gcc.o", b"gcc\0-O2\0")
    build.add("linked.o", FAST + FAST)
    build.add("marker.o", bitcode=b"")
    build.add("bare.o", b"")
    build.add("small.o", b"-cc1\0-O3\0-triple\0i386-pc-linux-gnu\0")
    build.add("sampled.o", b"-cc1\0-O3\0-fprofile-sample-use=a.prof\0")
    for name in OBJCOPY_ERRORS:
        build.add(name, bitcode=b"plain text" if name == "text.o" else BITCODE)
    with pytest.raises(CorpusError) as caught:
        extract.run(build.context(tmp_path))
    assert caught.value.brief == "1 of 14 objects became modules, 80% must"
    assert caught.value.details.splitlines() == [
        "1 x bitcode for the linker (-flto), first lto.o",
        "1 x its sampled profile is not in its bitcode, first sampled.o",
        "1 x made for another target, first small.o",
        "2 x missing object, first gone.o",
        "2 x no bitcode section, first marker.o",
        "2 x no command section, first bare.o",
        "1 x not an object, first text.o",
        "1 x not compiled by clang cc1, first gcc.o",
        "1 x objcopy failed, first odd.o",
        "1 x several modules in one object, first linked.o",
    ]


@pytest.mark.parametrize(("missing", "fails"), [(2, False), (3, True)])
def test_extract_tolerates_a_fifth_missing(build, tmp_path, missing, fails):
    for index in range(10):
        build.add(f"m{index}.o", bitcode=None if index < missing else BITCODE)
    context = build.context(tmp_path)
    if fails:
        with pytest.raises(CorpusError, match="7 of 10 objects"):
            extract.run(context)
        assert not (context.root / "corpus" / "corpus_description.json").exists()
        assert (context.root / "corpus" / "extraction.json").exists()
    else:
        extract.run(context)


def test_corpus_of_another_clang_names_both_versions(build, tmp_path):
    for name in ("a.o", "b.o"):
        build.add(name)
    build.add("slow.o", SLOW, bitcode=MAGIC)
    context = build.context(tmp_path, major=15)
    with pytest.raises(CorpusError) as caught:
        extract.run(context)
    assert caught.value.render() == (
        "error: the corpus was built by another clang\n"
        "its bitcode is of LLVM 19.1.7, this clang is LLVM 15.0.6\n"
        "2 x built by another clang, first a.o\n"
        "1 x filtered by cmd_filter, first slow.o\n"
        "what to do: build the corpus again by this toolchain's clang, or run all stages with the "
        "--llvm that built it"
    )
    assert not (context.root / "corpus" / "corpus_description.json").exists()


@pytest.mark.parametrize(
    "bitcode",
    [MAGIC, unabbreviated("LLVM19.1.6"), wrap(unabbreviated("LLVM19.1.7-rc1"))],
    ids=["unnamed", "patch", "wrapped"],
)
def test_a_few_objects_of_another_clang_are_left_out_and_named(build, tmp_path, bitcode):
    for index in range(9):
        build.add(f"m{index}.o")
    build.add("other.o", bitcode=bitcode)
    context = build.context(tmp_path)
    extract.run(context)
    extraction = json.loads((context.root / "corpus" / "extraction.json").read_text())
    wrapped = bitcode[:1] == b"\xde"
    assert extraction["skipped"] == ({} if wrapped else {"built by another clang": ["other.o"]})
    assert extraction["extracted"] == (10 if wrapped else 9)


def test_release_that_is_not_supported_is_refused(build, tmp_path):
    build.add("a.o")
    context = build.context(tmp_path)
    clang = tmp_path / "llvm" / "bin" / "clang"
    clang.write_text("#!/bin/sh\necho Debian clang version 14.0.6\n")
    with pytest.raises(ToolchainError, match=r"LLVM 14\.0\.6 is not supported"):
        extract.run(context)


def test_extract_refuses_a_broken_filter(build, tmp_path):
    build.add("a.o")
    with pytest.raises(ConfigError) as caught:
        extract.run(build.context(tmp_path, cmd_filter="("))
    assert caught.value.details.startswith("'(': ")


PROFILED = FAST + b"-fprofile-instrument-use-path=/corpus.profdata\0"


def test_modules_with_a_profile_come_with_their_entry_counts(build, tmp_path):
    text = 'define void @f() !prof !0 {\n!0 = !{!"function_entry_count", i64 7}'
    (tmp_path / "text").write_text(text)
    # The fake compiler runs what follows the magic number.
    script = MAGIC + f"cat {tmp_path}/text # ProfileSummary ".encode()
    build.add("hot.o", PROFILED)
    (build.folder / "hot.o").write_bytes(script)
    build.add("cold.o")
    context = build.context(tmp_path)
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr("regalloc.compiler.embedded_bitcode.read_producer", lambda head: "19.1.7")
        extract.run(context)
    counts = json.loads((context.root / "corpus" / "entry_counts.json").read_text())
    assert counts == {"hot.o": {"f": 7}}


def test_a_profile_that_is_not_in_the_bitcode_makes_no_module(build, tmp_path):
    build.add("middle.o", PROFILED)
    with pytest.raises(CorpusError) as caught:
        extract.run(build.context(tmp_path))
    assert caught.value.brief == "0 of 1 objects became modules, 80% must"
    assert caught.value.details == "1 x profile is not in its bitcode, first middle.o"


def test_a_corpus_without_a_profile_has_no_entry_counts(build, tmp_path):
    build.add("cold.o")
    context = build.context(tmp_path)
    extract.run(context)
    assert not (context.root / "corpus" / "entry_counts.json").exists()


COUNTED = FAST + b"-mllvm\0-regalloc-profile-use=/build/profiles/a.profdata\0"
PROGRAMS = ProgramCorpus(names=("lua", "xz"), alone=True, wall_s=20.0, memory_mb=2048)


@pytest.fixture
def programs(tmp_path, monkeypatch):
    """Objects of two programs; the fake compiler runs what follows the magic number."""
    monkeypatch.setattr("regalloc.compiler.embedded_bitcode.read_producer", lambda head: "19.1.7")
    (tmp_path / "run2").mkdir()
    own = Build(tmp_path / "run2" / "program_objects")
    for name in ("lua", "xz", "profiles"):
        (own.folder / name).mkdir()
    (own.folder / "profiles" / "a.profdata").write_text("counts")
    return own


def count(build, name, entries, cmd=COUNTED):
    """Add an object of which a function was entered so often."""
    build.add(name, cmd)
    text = build.folder / f"{name}.text"
    node = f'!0 = !{{!"function_entry_count", i64 {entries}}}'
    text.write_text(f"  define void @f() !prof !0 {{\n  {node}")
    (build.folder / name).write_bytes(MAGIC + f"cat {text}".encode())


def settle(build, tmp_path, **changes):
    """Extract a corpus of programs and return its folder."""
    (build.folder / "compile_commands.json").write_text(json.dumps(build.entries))
    beside = Build(tmp_path / "objects")
    (beside.folder / "lib").mkdir()
    beside.add("lib/plain.o")
    context = beside.context(tmp_path, **{"programs": PROGRAMS, **changes})
    extract.run(context)
    return context.root / "corpus"


def test_programs_are_extracted_with_their_profiles_and_whole_ones_held_out(programs, tmp_path):
    for name, entries in (("lua/a.o", 3), ("lua/cold.o", 0), ("xz/a.o", 7)):
        count(programs, name, entries)
    held = replace(NO_PROGRAM_HELD_OUT, programs=("xz",))
    folder = settle(programs, tmp_path, hold_out=held)
    modules = read_corpus(folder)
    assert [(module.name, module.held_out) for module in modules] == [
        ("lua/a.o", False), ("xz/a.o", True),
    ]  # fmt: skip
    # Named by its content.
    profile = folder / "profiles" / f"{hashlib.sha256(b'counts').hexdigest()[:16]}.profdata"
    assert {module.profile for module in modules} == {profile}
    assert profile.read_text() == "counts"
    assert json.loads((folder / "entry_counts.json").read_text()) == {
        "lua/a.o": {"f": 3}, "xz/a.o": {"f": 7},
    }  # fmt: skip
    assert json.loads((folder / "extraction.json").read_text())["skipped"] == {
        "never executed": ["lua/cold.o"]
    }
    split = json.loads((folder / "split.json").read_text())
    assert (split["programs_train"], split["programs_held_out"]) == (["lua"], ["xz"])


def test_programs_and_another_build_make_one_corpus(programs, tmp_path):
    for name in ("lua/a.o", "xz/a.o"):
        count(programs, name, 1)
    both = replace(PROGRAMS, alone=False)
    folder = settle(programs, tmp_path, programs=both, held_out_fraction=0.0)
    found = {module.name: module.profile is not None for module in read_corpus(folder)}
    assert found == {"lib/plain.o": False, "lua/a.o": True, "xz/a.o": True}
    split = json.loads((folder / "split.json").read_text())
    assert (split["train"], split["programs_train"]) == (sorted(found), ["lua", "xz"])


def test_two_builds_with_an_object_of_one_name_are_refused(programs, tmp_path):
    (programs.folder / "lib").mkdir()
    count(programs, "lib/plain.o", 1)
    with pytest.raises(CorpusError, match=r"two builds have an object lib/plain\.o"):
        settle(programs, tmp_path, programs=replace(PROGRAMS, alone=False))


def test_a_profile_that_is_missing_makes_no_module(programs, tmp_path):
    count(programs, "lua/a.o", 1, COUNTED.replace(b"a.profdata", b"b.profdata"))
    with pytest.raises(CorpusError) as caught:
        settle(programs, tmp_path)
    assert caught.value.details == "1 x its profile is missing, first lua/a.o"


@pytest.mark.parametrize(
    ("held", "brief"),
    [
        (HoldOut(programs=("lua", "xz"), folds=0, fold=0), "all modules are on one side"),
        (HoldOut(programs=(), folds=50, fold=0), "fold 0 of 50 has none of the programs"),
    ],
)
def test_a_split_with_one_side_is_refused(programs, tmp_path, held, brief):
    for name in ("lua/a.o", "xz/a.o"):
        count(programs, name, 1)
    with pytest.raises(ConfigError) as caught:
        settle(programs, tmp_path, hold_out=held)
    assert caught.value.brief.startswith(brief)
    assert "lua, xz" in caught.value.details


def test_a_fold_of_programs_is_held_out(programs, tmp_path):
    for name in ("lua/a.o", "xz/a.o"):
        count(programs, name, 1)
    folder = settle(programs, tmp_path, hold_out=HoldOut(programs=(), folds=3, fold=0))
    split = json.loads((folder / "split.json").read_text())
    assert (split["train"], split["held_out"]) == (["lua/a.o"], ["xz/a.o"])


def test_modules_that_are_compiled_in_full_are_told_with_the_reason():
    proofs = {
        "a": Proof("reduced"),
        "b": Proof("nothing"),
        "c": Proof("full", "another object"),
        "d": Proof("optimised", "exit: exit code 1\nmore"),
    }
    assert describe_proofs(proofs).splitlines() == [
        "3 of 4 modules hold decisions; code generation alone gives the same in 2 of them",
        "c is compiled in full: another object",
        "d is compiled with its functions without a decision: exit: exit code 1",
    ]


@pytest.mark.parametrize("named", ["/etc/passwd", "linked.profdata", "profiles/../../secret"])
def test_a_profile_outside_of_the_builds_is_none_of_theirs(programs, tmp_path, named):
    (tmp_path / "run2" / "secret").write_text("secret")
    (programs.folder / "linked.profdata").symlink_to("/etc/passwd")
    count(programs, "lua/a.o", 3)
    count(programs, "lua/b.o", 3, FAST + f"-mllvm\0-regalloc-profile-use={named}\0".encode())
    folder = settle(programs, tmp_path, min_extracted=0.0)
    assert json.loads((folder / "extraction.json").read_text())["skipped"] == {
        "its profile is missing": ["lua/b.o"]
    }
    assert [path.read_text() for path in (folder / "profiles").iterdir()] == ["counts"]
