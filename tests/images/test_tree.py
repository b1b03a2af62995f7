"""Every image passes its parent's checks and its own, down the tree."""

from __future__ import annotations

import json
import os
import subprocess
from collections.abc import Callable, Iterator
from dataclasses import dataclass

import pytest

from regalloc.commands.machine import CHECKOUT
from regalloc.images.tags import Target, resolve_targets
from regalloc.images.tree import TREE
from regalloc.profiles import load_profile
from regalloc.programs.reading import find_programs
from tests.containers import inside
from tests.engines import call, docker_engine, task

MB = 1000**2
# DESIGN's bounds, and 50 MB for the archiver and the profile's tools; a corpus is its parent and
# the objects.
BOUNDS = {"base": 200 * MB, "llvm": 1250 * MB, "trainer": 2500 * MB, "corpus": 1300 * MB,
          "kit": 3000 * MB, "programs": 2700 * MB, "cluster": 2800 * MB,
          "bench": 2500 * MB}  # fmt: skip
DEFINITIONS = CHECKOUT / "configs" / "programs"
TARGETS = resolve_targets(CHECKOUT, load_profile("tiny"), os.environ)


@dataclass(frozen=True)
class Built:
    """An image under test."""

    target: Target

    def run(self, command: str, *args: str) -> str:
        """Run a command as the image's user and return what it prints."""
        return inside(self.target.reference, command, *args)

    def bash(self, script: str) -> str:
        """Run a script as root, who sees every file."""
        return inside(self.target.reference, "/bin/bash", "-c", script, user="0")

    @property
    def attrs(self) -> dict:
        """What the engine says of the image."""
        words = ["docker", "image", "inspect", self.target.reference]
        return json.loads(subprocess.check_output(words))[0]


def labels_are_true(image: Built) -> None:
    labels = image.attrs["Config"]["Labels"]
    assert labels["regalloc.tag"] == image.target.tag
    assert labels["org.opencontainers.image.title"] == f"regalloc-{image.target.name}"
    assert labels["org.opencontainers.image.revision"] == image.target.tag


def size_is_within_its_bound(image: Built) -> None:
    assert image.attrs["Size"] < BOUNDS[image.target.name]


def no_cache_is_left(image: Built) -> None:
    left = image.bash(
        "find /var/cache/apt/archives /var/lib/apt/lists /root/.cache /var/cache/ccache"
        " /var/cache/ccache-corpus /var/cache/source /tmp /var/tmp /build -type f"
        " 2>/dev/null || true"
    )
    assert left == ""


def no_mirror_is_named(image: Built) -> None:
    if "bootstrapped" in image.attrs["Config"]["Labels"].get("regalloc.base", "bootstrapped"):
        assert image.bash("find /etc/apt/sources.list* -type f -size +0") == ""


def bill_of_materials_lists_every_package(image: Built) -> None:
    text = image.bash(f"cat /usr/share/regalloc/{image.target.name}.spdx.json")
    document = json.loads(text)
    assert document["name"] == f"regalloc-{image.target.name}"
    assert document["spdxVersion"] == "SPDX-2.3"
    listed = {f"{package['name']} {package['versionInfo']}" for package in document["packages"]}
    installed = image.bash(r"dpkg-query -W -f='${Package} ${Version}\n'").splitlines()
    assert len(installed) > 70
    assert set(installed) <= listed
    identifiers = [package["SPDXID"] for package in document["packages"]]
    assert len(set(identifiers)) == len(identifiers)
    related = {relation["relatedSpdxElement"] for relation in document["relationships"]}
    assert related == set(identifiers)


def runs_as_nobody_in_particular(image: Built) -> None:
    assert image.run("/usr/bin/id", "-u") == "10001\n"


def writes_only_where_all_may(image: Built) -> None:
    # Folders that cannot be entered cannot be written into either.
    script = "find / -xdev -writable ! -type l 2>/dev/null; true"
    assert set(image.run("/bin/bash", "-c", script).split()) <= {
        "/tmp", "/var/tmp", "/run/lock",
    }  # fmt: skip


def clang_answers(image: Built) -> None:
    assert "USAGE: clang" in image.run("/opt/llvm/bin/clang", "--help")


def toolchain_is_in_the_bill(image: Built) -> None:
    text = image.bash(f"cat /usr/share/regalloc/{image.target.name}.spdx.json")
    names = {package["name"] for package in json.loads(text)["packages"]}
    assert {"LLVM", "tensorflow-cpu"} <= names


def entrypoint_lists_the_stages(image: Built) -> None:
    words = ["docker", "run", "--rm", "--network=none", image.target.reference, "--help"]
    assert "evaluate" in subprocess.check_output(words, text=True)


def objects_are_there(image: Built) -> None:
    commands = json.loads(image.bash("cat /llvm_corpus/compile_commands.json"))
    assert commands
    assert image.bash(f"test -s /llvm_corpus/{commands[0]['output']} && echo yes") == "yes\n"


def valgrind_counts(image: Built) -> None:
    count = "valgrind --quiet --tool=cachegrind --cachegrind-out-file=/tmp/counts /bin/true"
    counted = image.run("/bin/sh", "-c", f"{count} && tail -n 1 /tmp/counts")
    assert counted.startswith("summary: ")


def every_program_has_its_tarball(image: Built) -> None:
    packages = [program.definition.package for program in find_programs(DEFINITIONS)]
    there = image.bash("ls /opt/programs/tarballs").split()
    assert there == sorted(package.file for package in packages if package)
    names = sorted(path.name for path in DEFINITIONS.iterdir())
    assert image.bash("ls /opt/programs/definitions").split() == names
    bill = image.bash("cat /usr/share/regalloc/programs.spdx.json")
    assert all(package.sha256 in bill for package in packages if package)


def ray_answers_and_the_trainers_packages_are_as_they_were(image: Built) -> None:
    assert image.run("/bin/sh", "-lc", "ray --version").startswith("ray, version 2.")
    lists = ["/opt/venv/bin/python", "-m", "pip", "list", "--format=freeze"]
    trainers = set(inside(TARGETS["trainer"].reference, *lists).split())
    assert trainers < set(image.run(*lists).split())
    assert image.attrs["Config"]["Env"].count("RAY_USAGE_STATS_ENABLED=0") == 1
    bill = json.loads(image.bash("cat /usr/share/regalloc/cluster.spdx.json"))
    names = [package["name"] for package in bill["packages"]]
    assert [names.count(name) for name in ("ray", "tf-agents")] == [1, 1]


def measuring_code_is_there(image: Built) -> None:
    assert image.bash("test -s /opt/regalloc/regalloc/bench/ways.py && echo yes") == "yes\n"


CHECKS: dict[str, tuple[Callable[[Built], None], ...]] = {
    "base": (
        labels_are_true,
        size_is_within_its_bound,
        no_cache_is_left,
        no_mirror_is_named,
        bill_of_materials_lists_every_package,
    ),
    "llvm": (
        runs_as_nobody_in_particular,
        writes_only_where_all_may,
        clang_answers,
        toolchain_is_in_the_bill,
    ),
    "trainer": (entrypoint_lists_the_stages,),
    "corpus": (objects_are_there,),
    "kit": (),
    "programs": (valgrind_counts, every_program_has_its_tarball),
    "cluster": (ray_answers_and_the_trainers_packages_are_as_they_were,),
    "bench": (measuring_code_is_there,),
}


def checks() -> Iterator[tuple[str, Callable[[Built], None]]]:
    """Yield each image with each check of its own and of all it is built on."""
    own: dict[str | None, tuple[Callable[[Built], None], ...]] = {None: ()}
    for image in TREE:
        own[image.name] = (*own[image.parent], *CHECKS[image.name])
        yield from ((image.name, check) for check in own[image.name])


@pytest.fixture(scope="module")
def images() -> None:
    """Build what is missing."""
    if docker_engine() is None:
        pytest.skip("NO DOCKER ENGINE ANSWERS")
    names = (f"--image={image.name}" for image in TREE)
    done = call(task("build", *names, "--profile=tiny", "--engine=docker"))
    assert done.returncode == 0, done.stdout + done.stderr


@pytest.mark.timeout(2400)
@pytest.mark.parametrize(
    ("name", "check"), [pytest.param(n, c, id=f"{n}-{c.__name__}") for n, c in checks()]
)
@pytest.mark.usefixtures("images")
def test_image(name, check):
    check(Built(TARGETS[name]))


@pytest.mark.timeout(1200)
@pytest.mark.parametrize("name", [image.name for image in TREE if image.tests])
@pytest.mark.usefixtures("images")
def test_an_image_passes_its_own_tests_and_is_remembered(name):
    words = ("--no-images", "--no-stages", f"--image={name}", "--engine=docker")
    passed = f"regalloc-{name}:{TARGETS[name].tag}: passed its own tests"
    for _ in range(2):
        done = call(task("verify", *words))
        assert done.returncode == 0, done.stdout + done.stderr
        assert passed in done.stdout
    assert f"{passed} at " in done.stdout
