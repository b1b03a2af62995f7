"""Programs of shell become a corpus, by a toolchain of shell."""

from __future__ import annotations

import json

import pytest

from regalloc.errors import ConfigError, ProgramError, ToolchainError
from regalloc.formats.compile_commands import read_objects
from regalloc.programs import cachegrind
from regalloc.settings import ProgramCorpus, Settings
from regalloc.stages import instrument
from regalloc.stages.context import StageContext
from tests.unit.programs.fakes import make_program, make_valgrind, write_script

RUNTIME = "lib/clang/19/lib/linux/libclang_rt.regalloc_profile-x86_64.a"
TRAIN = 'use = "train"\n\n[[workload]]\nname = "measured"\nrun = ["{build}/prog"]'
SOURCES = {"a.c": "echo one", "b.c": "echo two"}

# An object is its source, counts by a line of shell, and holds bitcode as another; a program is its
# objects, and an empty ELF beside it.
CLANG = r"""#!/bin/sh
for arg; do
  case $arg in
    -c) compile=1 ;;
    -regalloc-profile-generate=*) counts=yes ;;
    -regalloc-profile-use=*) profile=${arg#*=} ;;
    -fembed-bitcode=all) embed=1 ;;
    *.c) source=$arg ;;
    *.o) objects="$objects $arg" ;;
  esac
  if test "$before" = -o; then output=$arg; fi
  before=$arg
done
if test -z "$compile"; then
  { echo '#!/bin/sh'; cat $objects; } >"$output"
  chmod +x "$output"
  { printf '\177ELF\002\001'; head -c 58 /dev/zero; } >"$output.elf"
  exit
fi
if grep -q '# fails' "$source"; then echo "$source: the compiler gave up" >&2; exit 3; fi
cp "$source" "$output"
if test "$counts"; then
  echo "test -z \"\$LLVM_PROFILE_FILE\" || echo $output >>\"\$LLVM_PROFILE_FILE\"" >>"$output"
fi
if test "$profile"; then sed 's/^/# counted: /' "$profile" >>"$output"; fi
if test "$embed"; then echo '# bitcode' >>"$output"; fi
"""
OBJCOPY = '#!/bin/sh\nfor file; do :; done\nsed -i "/^# bitcode/d" "$file"\n'
PROFDATA = """#!/bin/sh
for arg; do
  if test "$want"; then output=$arg; want=; fi
  case $arg in -o) want=yes ;; *.profraw) sort "$arg" >"$output" ;; esac
done
"""


@pytest.fixture(autouse=True)
def no_valgrind(tmp_path, monkeypatch):
    monkeypatch.setattr(cachegrind, "VALGRIND", str(make_valgrind(tmp_path)))


@pytest.fixture
def toolchain(tmp_path):
    folder = tmp_path / "llvm"
    (folder / "bin").mkdir(parents=True)
    for name, text in (("clang", CLANG), ("llvm-objcopy", OBJCOPY), ("llvm-profdata", PROFDATA)):
        write_script(folder / "bin" / name, text)
    (folder / RUNTIME).parent.mkdir(parents=True)
    (folder / RUNTIME).touch()
    return folder


@pytest.fixture
def image(tmp_path):
    return tmp_path / "image"


def run(tmp_path, toolchain, image, *names, folder="run"):
    settings = Settings((ProgramCorpus(names=names, alone=True, wall_s=120.0, memory_mb=2048),))
    image.mkdir(exist_ok=True)
    root = tmp_path / folder
    context = StageContext(root, toolchain, tmp_path, 0, 2, settings, programs=image)
    (root / "program_objects").mkdir(parents=True)
    instrument.run(context)
    return root / "program_objects"


def contents(folder):
    return {
        path.relative_to(folder).as_posix(): path.read_text()
        for path in folder.rglob("*")
        if path.is_file()
    }


def test_programs_are_built_by_the_counts_of_their_workloads_for_training(
    tmp_path, toolchain, image
):
    make_program(image / "definitions", SOURCES, name="one", workload=TRAIN)
    make_program(image / "definitions", {"a.c": "echo three"}, name="two", workload=TRAIN)
    make_program(image / "definitions", SOURCES, name="three", workload=TRAIN)
    folder = run(tmp_path, toolchain, image, "one", "two")
    found = contents(folder)
    commands = json.loads(found.pop("compile_commands.json"))
    # Of one execution: that of the workload that measures is not counted.
    counts = "# counted: a.o\n# counted: b.o\n"
    assert found == {
        "one/a.o": f"echo one\n{counts}# bitcode\n",
        "one/b.o": f"echo two\n{counts}# bitcode\n",
        "two/a.o": "echo three\n# counted: a.o\n# bitcode\n",
        "profiles/one.profdata": "a.o\nb.o\n",
        "profiles/two.profdata": "a.o\n",
    }
    assert [entry["output"] for entry in commands] == ["one/a.o", "one/b.o", "two/a.o"]
    assert {entry["directory"] for entry in commands} == {"/program_objects"}
    assert [entry["file"] for entry in commands] == ["a.c", "b.c", "a.c"]
    assert [(built.name, built.path) for built in read_objects(folder)] == [
        (name, folder / name) for name in ("one/a.o", "one/b.o", "two/a.o")
    ]


def test_the_same_programs_give_the_same_files(tmp_path, toolchain, image):
    make_program(image / "definitions", SOURCES, name="one", workload=TRAIN)
    first, second = (
        contents(run(tmp_path, toolchain, image, "one", folder=folder)) for folder in ("x", "y")
    )
    assert first.keys() == second.keys()
    same = {name for name in first if first[name] == second[name]}
    # The commands say where the compiler stood.
    assert first.keys() - same == {"compile_commands.json"}


@pytest.mark.parametrize(
    ("sources", "workload", "brief", "details"),
    [
        ({"a.c": "# fails"}, TRAIN, "build failed", "the compiler gave up"),
        ({"a.c": "exit 3"}, TRAIN, "crashed", "exit code 3"),
        ({"a.c": "echo x"}, f'stdout = "{"0" * 64}"\n{TRAIN}', "wrong output", "expected 000"),
    ],
)
def test_a_program_that_fails_is_one_error_and_leaves_nothing_behind(
    tmp_path, toolchain, image, sources, workload, brief, details
):
    make_program(image / "definitions", sources, name="bad", workload=workload)
    with pytest.raises(ProgramError) as caught:
        run(tmp_path, toolchain, image, "bad")
    assert caught.value.brief == f"the program bad cannot be a corpus: {brief}"
    assert details in caught.value.details
    assert "--corpus-from=program:bad" in caught.value.resolution
    assert [path.name for path in (tmp_path / "run" / "program_objects").iterdir()] == ["profiles"]


def test_a_program_without_a_workload_for_training_is_refused(tmp_path, toolchain, image):
    make_program(image / "definitions", SOURCES, name="one")
    with pytest.raises(ProgramError, match="the program one has no workload for training"):
        run(tmp_path, toolchain, image, "one")


def test_a_program_that_writes_no_counts_is_refused(tmp_path, toolchain, image):
    write_script(toolchain / "bin" / "clang", CLANG.replace("test -z \\", "exit; test -z \\"))
    make_program(image / "definitions", SOURCES, name="one", workload=TRAIN)
    with pytest.raises(ProgramError) as caught:
        run(tmp_path, toolchain, image, "one")
    assert caught.value.brief == "the program one cannot be a corpus: no profile"
    assert "returns from main or calls exit" in caught.value.details


def test_a_toolchain_that_cannot_count_is_refused(tmp_path, toolchain, image):
    (toolchain / RUNTIME).unlink()
    make_program(image / "definitions", SOURCES, name="one", workload=TRAIN)
    with pytest.raises(ToolchainError) as caught:
        run(tmp_path, toolchain, image, "one")
    assert caught.value.brief == "the compiler takes no profile of the code that it generates"


def test_counts_that_cannot_be_merged_say_why(tmp_path, toolchain, image):
    write_script(toolchain / "bin" / "llvm-profdata", "#!/bin/sh\necho damaged >&2\nexit 1\n")
    make_program(image / "definitions", SOURCES, name="one", workload=TRAIN)
    with pytest.raises(ProgramError) as caught:
        run(tmp_path, toolchain, image, "one")
    assert caught.value.brief == "the program one cannot be a corpus: no profile"
    assert caught.value.details.endswith("damaged")


def test_a_corpus_without_a_program_is_refused(tmp_path, toolchain, image):
    make_program(image / "definitions", SOURCES, name="one", workload=TRAIN)
    with pytest.raises(ConfigError, match="the corpus has no program"):
        run(tmp_path, toolchain, image)
