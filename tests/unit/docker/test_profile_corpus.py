"""The scripts that take LLVM's profile, with tools that only pretend to be built and to work."""

import os
import shutil
import subprocess

import pytest

from tests.unit.docker.scripts import FOLDER

CMAKE = """#!/bin/bash
flags=()
for arg; do
  case $arg in -DCMAKE_C_FLAGS=*|-DCMAKE_EXE_LINKER_FLAGS=*) flags+=("$arg") ;; esac
done
while [[ $1 != -B ]]; do shift; done
mkdir -p "$2"
printf '%s\\n' "${flags[@]}" >"$2/flags"
echo '[{"directory": "/x", "file": "a.c", "command": "clang -o LibA/a.o -c a.c"}]' \\
  >"$2/compile_commands.json"
"""
# The tools of this build count their calls; one was called by the build itself.
NINJA = """#!/bin/bash
cd "$2"; shift 2
case "$*" in
  "-t query LibA") ;;
  "-t inputs LibA") echo LibA/a.o ;;
  *llvm-tblgen*)
    mkdir -p bin
    echo "the build's own" >../counts/1_0.profraw
    for tool in "${@:3}"; do cp "$TOOL" "bin/$tool"; done ;;
  *) echo "$CCACHE_EXTRAFILES" >extra ;;
esac
"""
TOOL = """#!/bin/bash
if [[ -n ${IDLE:-} ]]; then exit 0; fi
name=$(basename "$0")
echo "$name ${*: -1} $(wc -l <"${INPUT:-/dev/null}")" >>"$(dirname "$0")/../../counts/$name.profraw"
"""
CLANG = """#!/bin/bash
while [[ $1 != -o ]]; do shift; done
: >"$2"
"""
PROFDATA = """#!/bin/bash
for arg; do
  case $arg in --output=*) out=${arg#*=} ;; *.profraw) cat "$arg" >>merged ;; esac
done
if [[ $1 == merge ]]; then mv merged "$out"; else echo "Total functions: 3"; fi
"""


@pytest.fixture
def build(tmp_path):
    tools, prefix, source = (tmp_path / name for name in ("tools", "prefix", "source"))
    for folder in (tools, prefix / "bin", source / "llvm" / "lib", source / "clang"):
        folder.mkdir(parents=True)
    (source / "llvm" / "lib" / "a.yaml").touch()
    (tmp_path / "tool").write_text(TOOL)
    for path, text in (
        (tools / "cmake", CMAKE),
        (tools / "ninja", NINJA),
        (tools / "ccache", "#!/bin/sh\n"),
        (tools / "nm", "#!/bin/sh\necho 00 T _Z1fv; echo 00 T main\n"),
        (tools / "llvm-profdata-9", PROFDATA),
        (prefix / "bin" / "clang", CLANG),
        (tmp_path / "tool", TOOL),
    ):
        path.write_text(text)
        path.chmod(0o755)

    def run(**environ):
        return subprocess.run(
            [
                "bash",
                str(FOLDER / "build-corpus.sh"),
                str(source),
                str(prefix),
                str(tmp_path / "dest"),
            ],
            env={
                "PATH": f"{tools}:{os.environ['PATH']}",
                "TOOL": str(tmp_path / "tool"),
                "CORPUS_TARGETS": "LibA",
                "LLVM_MAJOR": "9",
                "LLVM_VERSION": "9.0.1",
                "LLVM_SOURCE_PACKAGE": "llvm-toolchain-9",
                "LLVM_SOURCE_VERSION": "1:9.0.1-1",
                "LLVM_SOURCE_FILE": "llvm.tar.xz",
                "LLVM_SOURCE_SHA256": "00ff",
                **environ,
            },
            cwd=tmp_path,
            capture_output=True,
            text=True,
            check=False,
        )

    return run


def test_tools_work_and_the_corpus_is_built_with_what_they_counted(build, tmp_path):
    done = build(CORPUS_PGO="1")
    assert done.returncode == 0, done.stderr
    dest = tmp_path / "dest"
    profile = dest / "profile" / "corpus.profdata"
    counted = profile.read_text().splitlines()
    assert {line.split()[0] for line in counted} == {"llvm-cxxfilt", "llvm-tblgen", "yaml-bench"}
    assert "the build's own" not in counted
    # Files are merged by name.
    assert [line.split()[0] for line in counted] == sorted(line.split()[0] for line in counted)
    assert (dest / "extra").read_text() == f"{profile}\n"
    measured = (dest / "profile" / "build" / "flags").read_text()
    assert f"-fprofile-instrument-path={dest}/profile/counts/%m.profraw" in measured
    assert "-fprofile-instr-use" not in measured
    assert "-Wl,-u,__llvm_profile_runtime" in measured
    built = (dest / "flags").read_text()
    assert f"-fembed-bitcode=all -fprofile-instr-use={profile}" in built
    assert "-fprofile-instrument" not in built
    assert "__llvm_profile_runtime" not in built


def test_without_a_profile_nothing_is_instrumented(build, tmp_path):
    assert build().returncode == 0
    assert not (tmp_path / "dest" / "profile").exists()
    flags = (tmp_path / "dest" / "flags").read_text()
    assert flags == ("-DCMAKE_C_FLAGS=-Xclang -fembed-bitcode=all\n-DCMAKE_EXE_LINKER_FLAGS=\n")


def test_tools_that_count_nothing_fail_the_build(build):
    assert build(CORPUS_PGO="1", IDLE="1").returncode == 3


def merge(folder, **environ):
    script = str(FOLDER / "merge-profile.sh")
    return subprocess.run(
        ["bash", script, str(folder / "counts"), str(folder / "out")],
        env={"PATH": f"{folder}:{os.environ['PATH']}", "LLVM_MAJOR": "9", **environ},
        cwd=folder,
        capture_output=True,
        text=True,
        check=False,
    )


def test_counts_are_merged_in_the_order_of_their_names(tmp_path):
    (tmp_path / "counts").mkdir()
    (tmp_path / "llvm-profdata-9").write_text(PROFDATA)
    (tmp_path / "llvm-profdata-9").chmod(0o755)
    for name in ("b", "a", "c"):
        (tmp_path / "counts" / f"{name}.profraw").write_text(f"{name}\n")
    (tmp_path / "counts" / "empty.profraw").touch()
    done = merge(tmp_path)
    assert done.stdout == "profile: counts of 3 programs\nprofile: functions: 3\n"
    assert (tmp_path / "out").read_text() == "a\nb\nc\n"


def test_nothing_to_merge_is_a_code_of_its_own(tmp_path):
    (tmp_path / "counts").mkdir()
    (tmp_path / "counts" / "empty.profraw").touch()
    assert merge(tmp_path).returncode == 3


PROGRAM = r"""
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
int main(void) {
  char *blocks[100], *other;
  for (int i = 0; i < 100; i++) {
    blocks[i] = memset(malloc(i * 37), i, i * 37);
    if (i % 3 == 0) { free(blocks[i]); blocks[i] = 0; }
  }
  for (int i = 1; i < 100; i += 3) {
    blocks[i] = realloc(blocks[i], 5000);
    for (int j = 0; j < i * 37; j++) if (blocks[i][j] != i) return 3;
  }
  other = calloc(9, 9);
  for (int i = 0; i < 81; i++) if (other[i]) return 4;
  if (posix_memalign((void **)&other, 4096, 10) || (unsigned long)other % 4096) return 5;
  for (int i = 0; i < 100; i++) printf("%p ", (void *)blocks[i]);
  for (int i = 0; i < 3; i++) {
    char *pages = mmap(0, 5000, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
    pages[4999] = 1;
    printf("%p ", (void *)pages);
  }
  printf("%p\n", (void *)other);
}
"""


@pytest.mark.skipif(shutil.which("cc") is None, reason="NO C COMPILER")
def test_allocations_are_at_the_same_addresses_in_every_run(tmp_path):
    (tmp_path / "program.c").write_text(PROGRAM)
    library, program = tmp_path / "steady.so", tmp_path / "program"
    source = FOLDER.parent / "corpus" / "steady-malloc.c"
    compiler = ["cc", "-O2", "-fno-builtin", "-o"]
    subprocess.run([*compiler, library, "-fPIC", "-shared", source], check=True)
    subprocess.run([*compiler, program, tmp_path / "program.c"], check=True)
    env = {**os.environ, "LD_PRELOAD": str(library)}
    runs = {subprocess.run([program], env=env, stdout=-1, check=True).stdout for _ in range(5)}
    assert len(runs) == 1
    assert b"0x1000" in runs.pop()
