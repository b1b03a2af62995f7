"""The script that builds LLVM's own corpus, with a cmake and a ninja that only pretend."""

import json
import os
import subprocess

import pytest

from tests.unit.docker.scripts import FOLDER

# The tree has two libraries; Tool links one of them and compiles what cmake does not list.
CMAKE = """#!/bin/bash
while [[ $1 != -B ]]; do shift; done
mkdir -p "$2"
cat >"$2/compile_commands.json" <<'JSON'
[{"directory": "/x", "file": "a.c", "command": "clang -o LibA/a.o -c a.c"},
 {"directory": "/x", "file": "b.c", "command": "clang -o LibB/b.o -c b.c"}]
JSON
"""
NINJA = """#!/bin/bash
cd "$2"; shift 2
case "$1 $2" in
  "-t query") [[ $3 == Lib[AB] || $3 == Tool ]] ;;
  "-t inputs")
    for name in "${@:3}"; do
      case $name in
        LibA) printf '%s\\n' LibA/a.o LibA.a a.c ;;
        LibB) printf '%s\\n' LibB/b.o LibB.a b.c ;;
        Tool) printf '%s\\n' LibA/a.o LibA.a Tool Tool/gen.o ;;
      esac
    done ;;
  *) echo "$*" >asked; exit "${NINJA_ENDS:-0}" ;;
esac
"""


@pytest.fixture
def build(tmp_path):
    tools = tmp_path / "tools"
    tools.mkdir()
    for name, text in (("cmake", CMAKE), ("ninja", NINJA), ("ccache", "#!/bin/sh\n")):
        (tools / name).write_text(text)
        (tools / name).chmod(0o755)

    # Its content is what objects in the cache go by.
    prefix = tmp_path / "prefix"
    (prefix / "bin").mkdir(parents=True)
    (prefix / "bin" / "clang").write_text("the compiler")

    def run(targets, **environ):
        return subprocess.run(
            [
                "bash",
                str(FOLDER / "build-corpus.sh"),
                "/source",
                str(prefix),
                str(tmp_path / "dest"),
            ],
            env={
                "PATH": f"{tools}:{os.environ['PATH']}",
                "CORPUS_TARGETS": targets,
                "LLVM_VERSION": "9.0.1",
                "LLVM_SOURCE_PACKAGE": "llvm-toolchain-9",
                "LLVM_SOURCE_VERSION": "1:9.0.1-1",
                "LLVM_SOURCE_FILE": "llvm.tar.xz",
                "LLVM_SOURCE_SHA256": "00ff",
                "JOBS": "3",
                **environ,
            },
            capture_output=True,
            text=True,
            check=False,
        )

    return run


@pytest.mark.parametrize(
    ("targets", "objects", "listed"),
    [
        ("LibA", "LibA/a.o", ["LibA/a.o"]),
        ("LibA;LibB", "LibA/a.o LibB/b.o", ["LibA/a.o", "LibB/b.o"]),
        ("Tool", "LibA/a.o Tool/gen.o", ["LibA/a.o"]),
    ],
)
def test_the_objects_of_the_targets_are_built_and_listed(build, tmp_path, targets, objects, listed):
    done = build(targets)
    assert (done.returncode, done.stderr) == (0, "")
    dest = tmp_path / "dest"
    assert (dest / "asked").read_text() == f"-j 3 {objects}\n"
    commands = json.loads((dest / "compile_commands.json").read_text())
    assert [entry["output"] for entry in commands] == listed
    assert json.loads((dest / "source.json").read_text()) == {
        "package": "llvm-toolchain-9",
        "version": "1:9.0.1-1",
        "files": [{"name": "llvm.tar.xz", "sha256": "00ff"}],
    }


def test_a_target_of_another_release_is_left_out_aloud(build, tmp_path):
    done = build("LibA;LibNew")
    assert done.returncode == 0
    assert "note: LLVM 9.0.1 has no target LibNew\n" in done.stdout
    assert (tmp_path / "dest" / "asked").read_text() == "-j 3 LibA/a.o\n"


def test_targets_that_no_release_has_are_refused(build):
    done = build("LibX;LibY")
    assert done.returncode == 1
    assert done.stderr == (
        "error: LLVM 9.0.1 has none of the targets LibX;LibY\n"
        "what to do: correct Corpus.targets; they are cmake's names, such as LLVMSupport\n"
    )


def test_a_failed_build_fails_and_describes_nothing(build, tmp_path):
    assert build("LibA", NINJA_ENDS="4").returncode == 4
    assert not (tmp_path / "dest" / "source.json").exists()
