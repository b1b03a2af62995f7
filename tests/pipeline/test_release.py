"""A release of a trained policy: what it compiles, what it decides, and where it runs."""

from __future__ import annotations

import json
import os
import re
import shutil
import subprocess
from pathlib import Path

import pytest

from regalloc.commands.machine import CHECKOUT, cache_folder
from regalloc.images.builders.buildkit import lend_secrets, run_build
from regalloc.images.builders.docker_client import find_client
from regalloc.images.tags import resolve_targets
from regalloc.pipeline.manifest import read_manifest
from regalloc.profiles import load_profile
from tests.engines import why_not
from tests.pipeline.conftest import release

pytestmark = [
    pytest.mark.skipif(bool(why_not("docker")), reason="NO DOCKER ENGINE ANSWERS"),
    pytest.mark.timeout(3600),
]
POLICY = "share/regalloc/policy"
MB = 1000**2


def docker(*words: str | Path) -> str:
    """Run a container without network and return what it prints."""
    argv = ["docker", "run", "--rm", "--network=none", *map(str, words)]
    done = subprocess.run(argv, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stdout + done.stderr
    return done.stdout


@pytest.fixture(scope="module")
def targets():
    return resolve_targets(CHECKOUT, load_profile("tiny"), os.environ)


@pytest.fixture(scope="module")
def ask(released, targets):
    """Return a function that runs one of the scripts beside this file in the kit."""
    run, folder, _ = released

    def run_script(name: str, *words: str) -> dict:
        output = docker(
            "--user=0", "--entrypoint=python", "--workdir=/opt/regalloc",
            f"--volume={CHECKOUT / 'tests'}:/opt/regalloc/tests:ro", f"--volume={run}:/run/it:ro",
            f"--volume={folder}:/out:ro", targets["kit"].reference,
            "-W", "ignore", "-m", f"tests.pipeline.{name}", *words,
        )  # fmt: skip
        return json.loads(output.splitlines()[-1])

    return run_script


def test_objects_are_the_stock_compilers_and_the_measured_policys(ask):
    found = ask("compare_objects", "/run/it", "/out", f"/out/{POLICY}")
    assert found["modules"] >= 5
    assert (found["off"], found["on"]) == ([], [])
    assert found["policy"], "the policy changes nothing: the comparison shows nothing"


def test_decisions_are_the_measured_policys_whatever_it_sees(ask):
    found = ask("compare_decisions", f"/out/{POLICY}", "/run/it/default_trace/trace.tfrecord")
    assert found["observations"] > 1000
    assert set(found["different"].values()) == {0}


def test_second_release_is_up_to_date(released):
    run, folder, before = released
    done = release(run, f"--export={folder}")
    assert "everything is up to date" in done.stdout
    image = next(line for line in before.splitlines() if "image: " in line)
    assert image in done.stdout


def test_release_of_a_policy_of_ones_own_needs_no_run_and_has_the_same_files(released, tmp_path):
    run, folder, _ = released
    done = release(tmp_path / "run", f"--policy={folder / POLICY}")
    assert done.returncode == 0, done.stdout + done.stderr
    assert sorted(path.name for path in (tmp_path / "run").iterdir() if path.is_dir()) == [
        "records", "release",
    ]  # fmt: skip
    ours = read_manifest(tmp_path / "run" / "release")
    assert ours.writes == read_manifest(run / "release").writes


def test_image_is_small_and_has_neither_tensorflow_nor_python(released):
    reference = released[2].partition("image: ")[2].split()[0]
    (attrs,) = json.loads(subprocess.check_output(["docker", "image", "inspect", reference]))
    assert attrs["Size"] < 400 * MB
    assert attrs["Config"]["User"] == "10001:10001"
    labels = attrs["Config"]["Labels"]
    assert labels["regalloc.tag"] == reference.rpartition(":")[2]
    assert labels["org.opencontainers.image.title"] == "regalloc-release"
    assert "clang version 19.1.7" in docker(reference, "--version")
    script = "find / -xdev -name 'libtensorflow*' -o -xdev -name 'python3*' -type f"
    assert docker("--user=0", "--entrypoint=/bin/bash", reference, "-c", script) == ""


def test_texts_say_what_the_wrapper_switches_on(released):
    readme, wrapper = (
        (released[1] / name).read_text() for name in ("README.md", "bin/regalloc-clang")
    )
    assert re.findall("@[A-Z_]+@", readme + wrapper) == []
    for draws in (8, 24):
        assert f"`-mllvm -regalloc-search={draws}`" in readme
        assert f"switch=-regalloc-search={draws}\n" in wrapper


@pytest.fixture(scope="module")
def clean(targets, tmp_path_factory):
    """Debian 12 with the headers of the C and C++ libraries, and nothing of ours."""
    context = tmp_path_factory.mktemp("clean")
    cache = cache_folder(os.environ)
    (context / "Dockerfile").write_text(
        f"FROM {targets['base'].reference}\n"
        "RUN --mount=type=secret,id=apt,target=/etc/apt/sources.list.d/debian.sources,mode=0444 "
        "apt-get update -qq && apt-get install -qq -y --no-install-recommends libstdc++-12-dev\n"
    )
    argv = (*find_client(os.environ["PATH"]).build, "--tag=regalloc-test-clean",
            *lend_secrets(os.environ, cache), str(context))  # fmt: skip
    run_build("clean", argv, os.environ, cache / "logs" / "test-clean.log")
    yield "regalloc-test-clean"
    subprocess.run(
        ["docker", "image", "rm", "regalloc-test-clean"], capture_output=True, check=False
    )


def test_exported_clang_compiles_and_links_in_a_clean_debian(released, clean, tmp_path):
    # Copied elsewhere, and with what the engine leaves of permissions to other users.
    elsewhere = tmp_path / "moved"
    shutil.copytree(released[1], elsewhere, symlinks=True)
    script = Path(__file__).with_name("use_release.sh")
    output = docker(
        "--user=1234:1234", f"--volume={elsewhere}:/opt/its place:ro",
        f"--volume={script}:/use.sh:ro", "--entrypoint=/bin/bash", clean,
        "/use.sh", "/opt/its place",
    )  # fmt: skip
    assert output.splitlines()[-1] == "all of it works"


def test_missing_policy_is_named_before_anything_runs(tmp_path):
    done = release(tmp_path / "run", f"--policy={tmp_path}")
    assert done.returncode == 25
    assert f"there is no policy in {tmp_path}" in done.stdout + done.stderr
    assert not (tmp_path / "run").exists()


def test_export_over_something_else_is_refused_before_anything_runs(tmp_path):
    (tmp_path / "mine").write_text("x")
    done = release(tmp_path / "run", f"--export={tmp_path}")
    assert done.returncode == 10
    assert "is no earlier export" in done.stdout + done.stderr
    assert not (tmp_path / "run").exists()
