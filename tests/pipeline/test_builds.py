"""Builds of whatever people use: the same project by each gives the same modules."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.engines import call, task, why_not
from tests.pipeline.conftest import PROFILE
from tests.pipeline.workshop import OWN_CODE, build_workshop

pytestmark = [
    pytest.mark.skipif(bool(why_not("docker")), reason="NO DOCKER ENGINE ANSWERS"),
    pytest.mark.timeout(1800),
]
FLAGS = "-O2 -Xclang -fembed-bitcode=all"
CLANG = f'CC=clang CXX=clang++ CFLAGS="{FLAGS}" CXXFLAGS="{FLAGS}"'
# Nothing of their own: the same flags by each.
CMAKE = "cmake -S . -B build -DCMAKE_EXPORT_COMPILE_COMMANDS=1 -DCMAKE_BUILD_TYPE= "
SUBFOLDERS = """
sed -i '/add_library/,$d' CMakeLists.txt
echo 'add_subdirectory(src)' >>CMakeLists.txt
cat >src/CMakeLists.txt <<'END'
add_library(parts STATIC matrix.cpp stir.c)
add_executable(your-program main.cpp)
target_link_libraries(your-program parts)
END
"""
BUILDS = {
    "make and bear": (f"bear -- make {CLANG}", "."),
    "cmake and make": (f"{CLANG} {CMAKE} -G 'Unix Makefiles'; cmake --build build", "build"),
    "cmake and make in folders": (
        f"{SUBFOLDERS}{CLANG} {CMAKE} -G 'Unix Makefiles'; cmake --build build", "build",
    ),
    "cmake and ninja": (f"{CLANG} {CMAKE} -G Ninja; cmake --build build", "build"),
    "ninja with links and archives": (
        f"{CLANG} {CMAKE} -G Ninja; cmake --build build\n"
        "ninja -C build -t compdb >build/compile_commands.json", "build",
    ),
    "response files": (
        f"{CLANG} {CMAKE} -G Ninja; cmake --build build\n"
        """python3 - <<'END'
import json, shlex
path = "build/compile_commands.json"
entries = json.load(open(path))
for number, entry in enumerate(entries):
    compiler, *rest = shlex.split(entry["command"])
    open(f"build/{number}.rsp", "w").write(shlex.join(rest))
    entry["command"] = f"{compiler} @{number}.rsp"
    entry.pop("output", None)
json.dump(entries, open(path, "w"))
END
""",
        "build",
    ),
    "meson": (
        f"{CLANG} meson setup --buildtype=plain -Db_staticpic=false build; ninja -C build",
        "build",
    ),
}  # fmt: skip
UNITS = {"main.cpp", "matrix.cpp", "stir.c"}


@pytest.fixture(scope="module")
def builders() -> Iterator[str]:
    """An image with the toolchain's clang and build systems."""
    built = call(task("build-llvm", f"--profile={PROFILE}", "--engine=docker"))
    assert built.returncode == 0, built.stdout + built.stderr
    image = build_workshop("builders")
    yield image
    subprocess.run(["docker", "image", "rm", image], capture_output=True, check=False)


def build(image: str, folder: Path, script: str) -> None:
    done = subprocess.run(
        ["docker", "run", "--rm", "--network=none", f"--user={os.getuid()}:{os.getgid()}",
         "--env=HOME=/tmp", f"--mount=type=bind,source={folder},target=/project",
         "--workdir=/project", "--entrypoint=/bin/bash", image, "-ec",
         f"PATH=/opt/llvm/bin:$PATH\n{script}"],
        capture_output=True, text=True, check=False,
    )  # fmt: skip
    assert done.returncode == 0, done.stdout + done.stderr


@pytest.fixture(scope="module")
def modules(builders, tmp_path_factory) -> dict[str, dict[str, dict]]:
    """What the default heuristic makes of each unit, by the way to build and the unit."""
    found = {}
    for name, (script, place) in BUILDS.items():
        root = tmp_path_factory.mktemp("build")
        shutil.copytree(OWN_CODE, root / "pro:ject")
        build(builders, root / "pro:ject", script)
        # Of a build that was made elsewhere, as in a container, under a path that has a colon.
        done = call(
            task("extract", f"--profile={PROFILE}", f"--run={root / 'run'}", "--engine=docker",
                 f"--corpus-from={root / 'pro:ject' / place}")
        )  # fmt: skip
        assert done.returncode == 0, name + done.stdout + done.stderr
        corpus = root / "run" / "corpus"
        baselines = json.loads((corpus / "baselines.json").read_text())
        told = json.loads((corpus / "extraction.json").read_text())
        assert told["extracted"] == len(UNITS), (name, told)
        assert set(told["skipped"]) <= {"compiles to no object"}, (name, told)
        assert told["arguments_left_out"] == {}, name
        found[name] = {
            # But for the object's bytes: they name the source as the build named it.
            unit: {**baselines["modules"][module], "sha256": ""}
            for module in baselines["modules"]
            for unit in UNITS
            if unit.rpartition(".")[0] in module
        }
    return found


@pytest.mark.parametrize("name", BUILDS)
def test_each_way_to_build_gives_the_same_modules(modules, name):
    assert modules[name].keys() == UNITS
    assert modules[name] == modules["make and bear"]
