"""What people can do wrong with a release, and what it says then."""

from __future__ import annotations

import re
import shutil
import subprocess
from pathlib import Path

import pytest

from tests.engines import why_not
from tests.pipeline.page import PROFILE, commands, line_with
from tests.pipeline.workshop import INPUT, Project

pytestmark = [
    pytest.mark.skipif(bool(why_not("docker")), reason="NO DOCKER ENGINE ANSWERS"),
    pytest.mark.timeout(3600),
]
MERGED, OTHER, RAW = "your-program.profdata", "other.profdata", "raw"
BUILD = f'{commands(PROFILE)}make -k CC="regalloc-clang $use" CXX="regalloc-clang++ $use"\n'
COUNT = f"""
{commands(PROFILE)}
make CC="regalloc-clang $count" CXX="regalloc-clang++ $count"
./your-program {INPUT}
llvm-profdata merge -o {MERGED} counts
mv counts/*.profraw {RAW}
regalloc-clang -O2 $count other.c -o other
./other
llvm-profdata merge -o {OTHER} counts
"""
STIR = "-O2 -c src/stir.c"


@pytest.fixture(scope="module")
def counted(workshop, tmp_path_factory) -> Path:
    """A folder with a profile of the project, raw and merged, and with one of another program."""
    project = Project.create(tmp_path_factory.mktemp("counted") / "project", workshop)
    (project.folder / "other.c").write_text("int main(int argc, char **argv) { return argc > 3; }")
    project.succeed(COUNT)
    return project.folder


def compile_stir(project: Project, options: str) -> subprocess.CompletedProcess[str]:
    return project.run(f"regalloc-clang {STIR} -o stir.o {options}")


@pytest.mark.parametrize(
    ("kind", "message"),
    [
        ("absent", "cannot be read: No such file or directory"),
        ("empty", "is empty"),
        ("raw", "is raw; merge what the program wrote: llvm-profdata merge"),
        ("text", "is no merged profile; merge what the program wrote: llvm-profdata merge"),
        ("cut off", "is damaged or incomplete; merge it again"),
    ],
)
def test_a_file_that_is_no_profile_is_an_error_of_each_module(project, counted, kind, message):
    merged = (counted / MERGED).read_bytes()
    contents = {
        "empty": b"",
        "raw": (counted / RAW).read_bytes(),
        "text": b"some text\n",
        "cut off": merged[: len(merged) // 2],
    }
    if kind in contents:
        (project.folder / MERGED).write_bytes(contents[kind])
    done = project.run(BUILD)
    assert done.returncode != 0
    errors = [line for line in done.stderr.splitlines() if line.startswith("error:")]
    modules = sorted(
        re.findall(rf"error: (\S+): profile /project/{MERGED}: it {message}", done.stderr)
    )
    assert modules == ["src/main.cpp", "src/matrix.cpp", "src/stir.c"]
    assert len(errors) == len(modules)


def test_a_source_that_changed_is_counted_and_the_build_ends_well(project, counted, printed):
    shutil.copy(counted / MERGED, project.folder)
    source = project.folder / "src" / "stir.c"
    source.write_text(source.read_text().replace("k ^= l + m;", "while (k < l) k += m | 1;"))
    done = project.succeed(f"{BUILD}./your-program {INPUT}")
    warnings = [line for line in done.stderr.splitlines() if line.startswith("warning:")]
    assert warnings == [
        f"warning: src/stir.c: profile /project/{MERGED}: 1 of 1 functions have other code than "
        "when it was taken; their frequencies are guessed [-Wbackend-plugin]"
    ]
    assert printed not in done.stdout


def test_another_programs_profile_is_told_of_and_changes_nothing(project, counted, printed):
    shutil.copy(counted / OTHER, project.folder / MERGED)
    done = project.succeed(f"{BUILD}./your-program {INPUT}")
    assert "none of 1 functions is in it; their frequencies are guessed" in done.stderr
    assert done.stdout.endswith(printed)
    draws = "-mllvm -regalloc-search=24"
    project.succeed(f"regalloc-clang {STIR} {draws} -o without.o\ncmp stir.o without.o")


def test_a_warning_about_a_profile_is_an_error_unless_it_is_excepted(project, counted):
    shutil.copy(counted / OTHER, project.folder / MERGED)
    use = f"-regalloc-profile-use={MERGED} -Werror"
    assert compile_stir(project, use).returncode != 0
    assert compile_stir(project, f"-Wno-error=backend-plugin {use}").returncode == 0


@pytest.mark.parametrize("draws", ["-1", "many", "1.5", "99999999999"])
def test_what_is_no_number_of_draws_is_refused(project, draws):
    done = compile_stir(project, f"-mllvm -regalloc-search={draws}")
    assert done.returncode != 0
    assert f"'{draws}' value invalid for uint argument" in done.stderr


@pytest.mark.parametrize(("draws", "made"), [("0", 0), ("1000000", 1000)])
def test_no_draws_are_none_and_too_many_are_a_thousand(project, counted, draws, made):
    shutil.copy(counted / MERGED, project.folder)
    done = compile_stir(
        project,
        f"-mllvm -regalloc-search={draws} -mllvm -regalloc-search-log=searched "
        f"-regalloc-profile-use={MERGED}",
    )
    assert (done.returncode, done.stderr) == (0, "")
    tried = [(one["by"], one["varied"]) for one in project.searched()["stir"]["tried"]]
    assert tried[:2] == [("default", False), ("greedy", False)]
    assert tried[2:] == [("default", True)] * made


def test_choices_that_cannot_be_written_are_told_of_and_change_nothing(project):
    done = project.succeed(
        f"regalloc-clang {STIR} -o one.o\n"
        f"regalloc-clang {STIR} -o two.o -mllvm -regalloc-choices-out=/release/choices\n"
        "cmp one.o two.o"
    )
    assert done.stderr == (
        "warning: regalloc search: cannot write /release/choices: Read-only file system\n"
    )


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ("s/k ^= l + m;/k ^= l - m;/", "1 functions have other code than when it was written"),
        # What the default heuristic decides is the same under any policy.
        ("s/ [0-9a-f]* [^ ]* / 00000000 greedy /", "1 choices were made with another policy"),
        ("1i nonsense", "line 1 is no choice"),
    ],
)
def test_choices_of_something_else_leave_the_default(project, counted, change, message):
    shutil.copy(counted / MERGED, project.folder)
    use = f"-regalloc-profile-use={MERGED}"
    changed = "src/stir.c" if "l + m" in change else "choices"
    done = project.succeed(
        f"regalloc-clang {STIR} {use} -mllvm -regalloc-choices-out=choices -o searched.o\n"
        f"sed -i '{change}' {changed}\n"
        f"clang {STIR} -mllvm {use} -mllvm -regalloc-choices=choices -o stir.o\n"
        f"clang {STIR} -mllvm {use} -o default.o\n"
        "cmp stir.o default.o"
    )
    assert [message in line for line in done.stderr.splitlines()] == [True]


def test_another_target_is_told_of_and_has_clangs_code(project):
    # More values at a time than that target has registers.
    values = range(48)
    lines = [f"a{i} += a{(i + 1) % 48} ^ a{(i + 7) % 48} << 3;" for i in values]
    reading = ", ".join(f"a{i} = p[{i}]" for i in values)
    writing = " ".join(f"p[{i}] = a{i};" for i in values)
    (project.folder / "many.c").write_text(
        f"void many(unsigned *p, int n) {{ unsigned {reading};\n"
        f"while (n--) {{ {' '.join(lines)} }}\n{writing} }}\n"
    )
    compiling = "-O2 --target=aarch64-linux-gnu -fno-slp-vectorize -c many.c -o"
    done = project.succeed(
        f"regalloc-clang {compiling} one.o\nclang {compiling} two.o\ncmp one.o two.o"
    )
    assert done.stderr == (
        "warning: regalloc search: the policy was trained for x86-64, and this is aarch64; "
        "nothing is searched\n"
    )


def test_a_compiler_cache_that_is_told_of_the_profile_sees_it_change(project, counted):
    shutil.copy(counted / MERGED, project.folder)
    direct = f"{commands(PROFILE)}regalloc-clang $use {STIR} -o stir.o\n"
    cached = direct.replace("regalloc-clang $", "ccache regalloc-clang $")
    caching = f"export CCACHE_DIR=/project/cache\n{line_with('CCACHE_EXTRAFILES')}{cached}"
    project.succeed(caching)
    stats = project.succeed(f"{caching}ccache --print-stats | grep _cache_hit")
    assert sum(map(int, re.findall(r"\d+", stats.stdout))) == 1
    shutil.copy(counted / OTHER, project.folder / MERGED)
    project.succeed(f"{direct}mv stir.o direct.o\n{caching}cmp stir.o direct.o")
