"""What docs/your-program.md tells people to do, done word by word."""

from __future__ import annotations

import json
import shutil

import pytest

from tests.engines import call, task, why_not
from tests.pipeline.page import PROFILE, TOP, commands
from tests.pipeline.workshop import INPUT, Project

pytestmark = [
    pytest.mark.skipif(bool(why_not("docker")), reason="NO DOCKER ENGINE ANSWERS"),
    pytest.mark.timeout(3600),
]
# clang adds what stands behind each plus sign to its command line.
LOGGING = "export CCC_OVERRIDE_OPTIONS='#+-mllvm +-regalloc-search-log=/project/searched'\n"
ONE_FILE = """
#include "stir.h"
#include <stdio.h>
int main(int argc, char **argv) {
  uint32_t state[STIR_WORDS] = {0};
  stir(state, (const unsigned char *)argv[argc - 1], 11);
  printf("%08x\\n", state[0]);
  return 0;
}
"""


def test_the_three_commands(project: Project):
    for name in ("stir.c", "stir.h"):
        shutil.copy(project.folder / "src" / name, project.folder)
    (project.folder / "main.c").write_text(ONE_FILE)
    plain = project.succeed(f"clang -O0 *.c -o plain\n./plain {INPUT}").stdout
    assert project.succeed(f"{commands(TOP)}./your-program {INPUT}").stdout == plain * 2


@pytest.mark.parametrize(
    ("way", "program"), [("make", "./"), ("CMake", "build/"), ("meson", "build/")]
)
def test_a_build_system_that_is_told_the_compiler_searches(project, printed, way, program):
    done = project.succeed(f"{LOGGING}{commands(way)}{program}your-program {INPUT}")
    assert done.stdout.endswith(printed)
    tried = [one["by"] for one in project.searched()["stir"]["tried"]]
    assert tried[:2] == ["default", "greedy"]
    assert tried[2:] in ([], ["sample"] * 8)


@pytest.mark.parametrize(("way", "program"), [("make", "./"), ("CMake", "build/")])
def test_by_a_profile_the_hot_function_is_drawn_for_and_costs_less(project, printed, way, program):
    script = commands(PROFILE) + LOGGING + commands(f"{way}, with a profile")
    done = project.succeed(f"{script}{program}your-program {INPUT}")
    assert done.stdout.endswith(printed)
    stir = project.searched()["stir"]
    assert stir["share"] > 0.05
    assert [one["varied"] for one in stir["tried"]] == [False, False, *[True] * 24]
    costs = [one["score"] for one in stir["tried"]]
    assert min(costs) < costs[0]


def test_choices_given_back_make_the_same_program_without_a_search(project, printed):
    writing, _, reading = commands("Keep what it chose").partition("sort ")
    keeping = f"cp your-program first\n{LOGGING}"
    done = project.succeed(f"{writing}{keeping}sort {reading}cmp your-program first")
    assert "stir stir.c\n" in (project.folder / "choices").read_text()
    assert "regalloc search:" not in done.stderr
    assert not (project.folder / "searched").exists()
    assert project.succeed(f"./your-program {INPUT}").stdout == printed


def test_link_time_optimisation_by_cmake_takes_its_switch_alone(project, printed):
    script = commands("CMake").replace("-S .", "-S . -DCMAKE_INTERPROCEDURAL_OPTIMIZATION=ON")
    done = project.succeed(f"{script}build/your-program {INPUT}")
    assert done.stdout.endswith(printed)
    flags = project.folder / "build/CMakeFiles/parts.dir/flags.make"
    assert "-flto" in flags.read_text()


def test_a_build_by_the_releases_clang_is_a_corpus_to_train_on(project, tmp_path):
    project.succeed(commands("3. With a policy of your own"))
    corpus, run = project.folder / "corpus", tmp_path / "run"
    done = call(
        task(
            "extract",
            "--profile=tiny",
            f"--corpus-from={corpus}",
            f"--run={run}",
            "--engine=docker",
        )
    )
    assert done.returncode == 0, done.stdout + done.stderr
    modules = json.loads((run / "corpus/corpus_description.json").read_text())["modules"]
    assert len(modules) == len(list(project.folder.glob("src/*.c*")))
