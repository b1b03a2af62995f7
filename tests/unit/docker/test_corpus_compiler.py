"""The compiler that stands in for a package's own."""

import json
import os
import shutil
import subprocess

import pytest

from tests.unit.docker.scripts import FOLDER, load

compiler = load("corpus-compiler")
EMBED = ("-Xclang", "-fembed-bitcode=all")

# Writes what it was called with into the object, refuses what only gcc knows, and fails on demand.
CLANG = """#!/bin/bash
for arg in "$@"; do
  case $arg in
    -fonly-gcc) echo "clang: error: unknown argument: '-fonly-gcc'" >&2; exit 1 ;;
    -mforeign) echo "clang: error: unknown argument: '-mforeign'" >&2; exit 1 ;;
    broken.c) echo "broken.c:1:1: error: broken" >&2; exit 1 ;;
    crash.c) kill -SEGV $$ ;;
  esac
  if [[ ${last:-} == -o ]]; then output=$arg; fi
  last=$arg
done
echo "clang $*"
if [[ -n ${output:-} ]]; then echo "$*" >"$output"; fi
"""


@pytest.fixture
def home(tmp_path):
    """Return a folder as build-package.sh lays it out, with a clang of ours."""
    home = tmp_path / "compilers"
    for name in ("bin", "records", "tools"):
        (home / name).mkdir(parents=True)
    clang = home / "tools" / "clang"
    clang.write_text(CLANG)
    clang.chmod(0o755)
    (home / "toolchain").symlink_to(home / "tools")
    script = home / "corpus-compiler.py"
    shutil.copy(FOLDER / "corpus-compiler.py", script)
    script.chmod(0o755)
    for name in ("gcc", "c++", "gfortran-like-gcc"):
        (home / "bin" / name).symlink_to("../corpus-compiler.py")
    return home


def call(home, name, *args, path="/usr/bin:/bin"):
    """Call a compiler as a build does: by its name, with PATH and nothing else."""
    work = home.parent / "work"
    work.mkdir(exist_ok=True)
    path = f"{home / 'bin'}:{path}"
    return subprocess.run(
        [str(home / "bin" / name), *args],
        cwd=work,
        env={"PATH": path},
        capture_output=True,
        text=True,
        check=False,
    )


def records(home):
    return [json.loads(path.read_text()) for path in sorted((home / "records").iterdir())]


@pytest.mark.parametrize(
    ("argv", "objects"),
    [
        ("-O2 -c a.c -o x/a.o", [("a.c", "c", "x/a.o")]),
        ("-c -oa.o a.cc", [("a.cc", "c++", "a.o")]),
        ("-c src/a.c", [("src/a.c", "c", "a.o")]),
        ("-c a.c b.cpp", [("a.c", "c", "a.o"), ("b.cpp", "c++", "b.o")]),
        ("-c a.S -o a.o", [("a.S", "assembler", "a.o")]),
        ("-x c++ -c a.inc -o a.o", [("a.inc", "c++", "a.o")]),
        ("-xc -c a.inc -x none b.cc", [("a.inc", "c", "a.o"), ("b.cc", "c++", "b.o")]),
        ("-MD -MF a.d -MT a.c -include b.c -c a.c -o a.o", [("a.c", "c", "a.o")]),
        ("-x c -c - -o a.o", []),
        ("-E a.c -c -o a.i", []),
        ("-S a.c -o a.s", []),
        ("-c -fsyntax-only a.c", []),
        ("-x c++-header a.h -c -o a.gch", []),
        ("a.c -o program", []),
        ("a.o -lm -o program", []),
        ("--version", []),
    ],
)
def test_objects_are_what_gcc_would_make(argv, objects):
    assert list(compiler.parse(argv.split()).objects) == objects


@pytest.mark.parametrize(
    ("argv", "foreign"),
    [("-c a.f90", True), ("-c a.adb", True), ("-x fortran -c a.c", False), ("-c a.c", False)],
)
def test_other_languages_are_left_to_the_original(argv, foreign):
    assert compiler.parse(argv.split()).foreign is foreign


@pytest.mark.parametrize(
    ("argv", "links"),
    [
        ("a.o -o x", True),
        ("a.c -o x", True),
        ("-shared a.lo -lz -o x.so", True),
        ("-c a.c", False),
        ("-E a.c", False),
        ("-S a.c", False),
        ("-r -nostdlib a.o -o b.o", False),
        ("-Wl,-r a.o -o b.o", False),
        ("--version", False),
        ("-print-search-dirs -o x", False),
    ],
)
def test_links_are_what_makes_programs_and_libraries(argv, links):
    assert compiler.parse(argv.split()).links is links


@pytest.mark.parametrize(
    ("argv", "args"),
    [
        ("-c a.c", ["-c", "a.c", *EMBED, "-fcount", "-x1", *compiler.LENIENT]),
        ("a.c b.o", ["a.c", "b.o", "-fcount", "-x1", *compiler.LENIENT, "-Wl,-u,s", "r.a"]),
        ("b.o", ["b.o", "-Wl,-u,s", "r.a"]),
        ("-c a.S", ["-c", "a.S", *compiler.LENIENT]),
        ("--version", ["--version"]),
    ],
)
def test_compiles_and_links_are_given_more(argv, args, tmp_path):
    (tmp_path / "flags").write_text("compile -fcount -x1\nlink -Wl,-u,s r.a\n")
    added = compiler.read_flags(tmp_path / "flags")
    asked = compiler.parse(argv.split())
    assert compiler.clang_args(asked, False, frozenset(), added) == args


def test_without_a_file_of_flags_nothing_is_added(tmp_path):
    assert compiler.read_flags(tmp_path / "flags") == compiler.Flags()


def test_flags_lie_beside_the_compiler(home):
    (home / "flags").write_text("compile -fcount\n")
    assert call(home, "gcc", "-c", "a.c", "-o", "a.o").returncode == 0
    (noted,) = records(home)
    assert "-fcount" in noted["arguments"]


def test_response_files_are_read(tmp_path):
    (tmp_path / "inner").write_text("-DX='a b'")
    (tmp_path / "args").write_text(f"-c a.c\n@{tmp_path}/inner -o a.o")
    asked = compiler.parse([f"@{tmp_path}/args", "-O2"])
    assert asked.args == ("-c", "a.c", "-DX=a b", "-o", "a.o", "-O2")
    assert asked.objects == (("a.c", "c", "a.o"),)


@pytest.mark.parametrize(
    ("cxx", "argv", "args"),
    [
        (False, "-O2 -c a.c", ["-O2", "-c", "a.c", *EMBED, *compiler.LENIENT]),
        (
            True,
            "-c a.cc",
            ["--driver-mode=g++", "-std=gnu++17", "-c", "a.cc", *EMBED, *compiler.LENIENT],
        ),
        (
            True,
            "-c a.c",
            ["--driver-mode=g++", "-std=gnu++17", "-c", "a.c", *EMBED, *compiler.LENIENT],
        ),
        (False, "-c a.cc", ["-std=gnu++17", "-c", "a.cc", *EMBED, *compiler.LENIENT]),
        (False, "-E a.c", ["-E", "a.c", *compiler.LENIENT]),
        (False, "-c a.S", ["-c", "a.S", *compiler.LENIENT]),
        (False, "a.o -o x", ["a.o", "-o", "x"]),
        (True, "a.o -o x", ["--driver-mode=g++", "a.o", "-o", "x"]),
        (
            False,
            "-flto=auto -ffat-lto-objects -fno-lto -specs=/x -fprofile-generate --coverage -c a.c",
            ["-fno-lto", "-c", "a.c", *EMBED, *compiler.LENIENT],
        ),
        (False, "-fgone -c a.c", ["-c", "a.c", *EMBED, *compiler.LENIENT]),
    ],
)
def test_arguments_for_clang(cxx, argv, args):
    asked = compiler.parse(argv.split())
    assert compiler.clang_args(asked, cxx, frozenset({"-fgone"})) == args


@pytest.mark.parametrize(
    ("message", "args"),
    [
        ("clang: error: unknown argument: '-fno-tree-x'", {"-fno-tree-x"}),
        ("clang: error: unknown argument '-fx'; did you mean '-fy'?", {"-fx"}),
        ("clang: error: unsupported option '-fx' for target 'y'", {"-fx"}),
        ("error: unsupported argument 'fast' to option '-ffp-contract='", {"-ffp-contract=fast"}),
        ("error: invalid value 'x' in '-fy=x'", {"-fy=x"}),
        # Whether there is an instruction set is a question to be answered.
        ("clang: error: unknown argument: '-mavx9'", set()),
        ("a.c:1: error: use of undeclared identifier '-fx'", set()),
        ("", set()),
    ],
)
def test_refusals_are_what_a_build_can_do_without(message, args):
    assert compiler.refusals(message) == args


def test_a_compile_is_noted_with_the_arguments_that_were_used(home):
    done = call(home, "gcc", "-O2", "-fonly-gcc", "-c", "a.c", "-o", "a.o")
    assert (done.returncode, done.stderr) == (0, "")
    clang = str(home / "tools" / "clang")
    used = ["-O2", "-c", "a.c", "-o", "a.o", *EMBED, *compiler.LENIENT]
    assert records(home) == [
        {
            "directory": str(home.parent / "work"),
            "file": "a.c",
            "language": "c",
            "arguments": [clang, *used],
            "output": "a.o",
        }
    ]
    assert (home.parent / "work" / "a.o").read_text() == f"{' '.join(used)}\n"


def test_a_note_follows_its_object(home):
    call(home, "gcc", "-c", "a.c", "-o", "tmp.o")
    work = home.parent / "work"
    (work / "tmp.o").rename(work / "a.o")
    call(home, "gcc", "-c", "b.c", "-o", "tmp.o")
    assert sorted(entry["file"] for entry in records(home)) == ["a.c", "b.c"]
    status = (work / "a.o").stat()
    note = home / "records" / f"{status.st_ino}-{status.st_mtime_ns}.json"
    assert json.loads(note.read_text())["file"] == "a.c"


@pytest.mark.parametrize(
    ("args", "code", "stderr"),
    [
        (["-c", "broken.c", "-o", "a.o"], 1, "broken.c:1:1: error: broken\n"),
        (["-c", "crash.c", "-o", "a.o"], 139, ""),
        (
            ["-mforeign", "-c", "a.c", "-o", "a.o"],
            1,
            "clang: error: unknown argument: '-mforeign'\n",
        ),
    ],
)
def test_a_failed_compile_fails_as_clang_did_and_is_not_noted(home, args, code, stderr):
    done = call(home, "gcc", *args)
    assert (done.returncode, done.stderr) == (code, stderr)
    assert records(home) == []


def test_output_to_a_device_is_not_noted(home):
    assert call(home, "gcc", "-c", "a.c", "-o", "/dev/null").returncode == 0
    assert records(home) == []


def test_another_language_goes_to_the_next_compiler_of_that_name(home, tmp_path):
    original = tmp_path / "original" / "gcc"
    original.parent.mkdir()
    original.write_text('#!/bin/sh\necho "original $*"\n')
    original.chmod(0o755)
    done = call(home, "gcc", "-c", "a.f90", path=f"{original.parent}:/usr/bin:/bin")
    assert done.stdout == "original -c a.f90\n"


def test_another_language_without_another_compiler_is_named(home):
    done = call(home, "gfortran-like-gcc", "-c", "a.f90")
    assert done.returncode == 1
    assert done.stderr == "error: no gfortran-like-gcc beside the corpus compiler\n"


def test_a_toolchain_that_is_gone_is_one_line(home):
    (home / "toolchain").unlink()
    done = call(home, "gcc", "-c", "a.c")
    assert done.returncode == 1
    assert done.stderr.startswith("error: the corpus compiler cannot go on: ")
    assert len(done.stderr.splitlines()) == 1


def test_the_environment_decides_nothing(home):
    script = home / "corpus-compiler.py"
    assert script.read_text().startswith("#!/usr/bin/python3 -IS\n")
    assert os.access(script, os.X_OK)
    assert call(home, "c++", "--version").stdout == "clang --driver-mode=g++ --version\n"
