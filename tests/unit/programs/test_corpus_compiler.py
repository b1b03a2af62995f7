from __future__ import annotations

import subprocess

import pytest

from regalloc.programs.corpus_compiler import Additions, read_plan, write_compilers

CLANG = """#!/bin/sh
echo "$@" >>"$(dirname "$0")/said"
for word; do
  case $word in *.o) output=$word ;; -fails) exit 7 ;; esac
done
if [ "$output" ]; then printf 'code bitcode' >"$output"; fi
"""
OBJCOPY = """#!/bin/sh
for file; do :; done
printf 'code' >"$file"
"""


@pytest.fixture
def toolchain(tmp_path):
    folder = tmp_path / "llvm"
    (folder / "bin").mkdir(parents=True)
    for name, text in (("clang", CLANG), ("clang++", CLANG), ("llvm-objcopy", OBJCOPY)):
        (folder / "bin" / name).write_text(text)
        (folder / "bin" / name).chmod(0o755)
    return folder


@pytest.mark.parametrize(
    ("line", "compiles", "linked"),
    [
        ("-c a.c -o a.o", True, ""),
        ("-o prog a.o", False, "rt.a"),
        ("-o prog a.c", False, "rt.a"),
        ("-shared -o lib.so a.o", False, "rt.a"),
        ("-E a.c", False, ""),
        ("-S -c a.c", False, ""),
        ("-r -o all.o a.o", False, ""),
        ("--version", False, ""),
        ("-v", False, ""),
        ("-print-search-dirs a.o", False, ""),
        ("-dumpmachine", False, ""),
        ("-Wl,--version", False, ""),
    ],
)
def test_what_compiles_embeds_and_what_links_gets_the_runtime(line, compiles, linked):
    plan = Additions("/llvm", ("-mllvm", "-x"), ("rt.a",), "/tree", "/objects")
    embed = ["-Xclang", "-fembed-bitcode=all"] if compiles else []
    assert plan.argv("clang", line.split()) == [
        "/llvm/bin/clang",
        *line.split(),
        *linked.split(),
        "--start-no-unused-arguments",
        "-mllvm",
        "-x",
        *embed,
        "--end-no-unused-arguments",
    ]


def test_nothing_is_embedded_where_no_object_is_taken():
    assert "-fembed-bitcode=all" not in Additions("/llvm", ()).argv("clang", ["-c", "a.c"])


def test_a_plan_is_read_as_it_is_written(tmp_path):
    plan = Additions("/llvm", ("-a",), ("-b",), "/tree", "/objects")
    assert read_plan(write_compilers(plan, tmp_path / "it's") / "plan.json") == plan


def test_the_build_goes_on_with_an_object_without_bitcode(tmp_path, toolchain):
    tree, objects = tmp_path / "tree", tmp_path / "objects"
    (tree / "sub").mkdir(parents=True)
    plan = Additions(str(toolchain), (), (), str(tree), str(objects))
    compiler = write_compilers(plan, tmp_path / "with 'quotes' $1") / "bin" / "clang++"
    subprocess.run([compiler, "-c", "a.cc", "-o", "sub/a.o", "-DA='b c'"], cwd=tree, check=True)
    assert (tree / "sub" / "a.o").read_text() == "code"
    assert (objects / "sub" / "a.o").read_text() == "code bitcode"
    assert "-DA='b c'" in (toolchain / "bin" / "said").read_text()


def test_what_is_compiled_outside_of_the_tree_is_not_taken(tmp_path, toolchain):
    tree = tmp_path / "tree"
    tree.mkdir()
    plan = Additions(str(toolchain), (), (), str(tree), str(tmp_path / "objects"))
    compiler = write_compilers(plan, tmp_path / "compilers") / "bin" / "clang"
    for output in (tmp_path / "a.o", "/dev/null"):
        subprocess.run([compiler, "-c", "a.c", "-o", output], cwd=tree, check=True)
    assert not (tmp_path / "objects").exists()
    assert (tmp_path / "a.o").read_text() == "code bitcode"


def test_a_compiler_that_fails_is_told_by_its_code_and_takes_nothing(tmp_path, toolchain):
    plan = Additions(str(toolchain), (), (), str(tmp_path), str(tmp_path / "objects"))
    compiler = write_compilers(plan, tmp_path / "compilers") / "bin" / "clang"
    run = subprocess.run([compiler, "-c", "a.c", "-o", "a.o", "-fails"], cwd=tmp_path, check=False)
    assert run.returncode == 7
    assert not (tmp_path / "objects").exists()
