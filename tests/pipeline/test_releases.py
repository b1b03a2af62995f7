"""Every stage on the other release, and corpora that do not come from LLVM's own image."""

from __future__ import annotations

import json
import os
import subprocess
import tarfile
from pathlib import Path

import pytest

from regalloc.commands.machine import CHECKOUT
from regalloc.engine.chunks import ChunkReader
from regalloc.images.tags import resolve_targets
from regalloc.layout import BENCH, PROGRAM_OBJECTS, PROGRAMS, RELEASE
from regalloc.profiles import load_profile
from regalloc.stages.table import STAGES
from tests.engines import call, task, why_not

pytestmark = [
    pytest.mark.skipif(bool(why_not("docker")), reason="NO DOCKER ENGINE ANSWERS"),
    # The release's images may have to be built first.
    pytest.mark.timeout(3600),
]


def invoke(name: str, folder: Path, *words: str) -> subprocess.CompletedProcess[str]:
    return call(task(name, "--profile=tiny", f"--run={folder}", "--engine=docker", *words))


@pytest.fixture(scope="module")
def build(tmp_path_factory):
    """A folder with LLVM 19's corpus build, as a user's own might lie about."""
    done = call(task("build-corpus", "--profile=tiny", "--engine=docker"))
    assert done.returncode == 0, done.stdout + done.stderr
    import docker

    client = docker.from_env()
    reference = resolve_targets(CHECKOUT, load_profile("tiny"), os.environ)["corpus"].reference
    container = client.containers.create(reference, ["true"])
    folder = tmp_path_factory.mktemp("own")
    try:
        chunks, _ = container.get_archive("/llvm_corpus")
        with tarfile.open(fileobj=ChunkReader(chunks), mode="r|") as archive:
            archive.extractall(folder, filter="data")
    finally:
        container.remove(v=True, force=True)
        client.close()
    return folder / "llvm_corpus"


@pytest.mark.slow
def test_every_stage_passes_on_llvm_15_and_gives_the_same_bits_twice(tmp_path):
    policies = []
    for jobs in (2, 1):
        folder = tmp_path / str(jobs)
        done = invoke("train", folder, "--llvm=15", f"--jobs={jobs}")
        assert done.returncode == 0, done.stdout + done.stderr
        manifests = [
            json.loads((folder / "records" / stage.writes / "manifest.json").read_text())
            for stage in STAGES
            if stage.writes not in (PROGRAM_OBJECTS, RELEASE, PROGRAMS, BENCH)
        ]
        assert {manifest["versions"]["llvm"] for manifest in manifests} == {"15.0.6"}
        policies.append([manifest["writes"] for manifest in manifests[:-1]])
        replays = json.loads((folder / "corpus/replay.json").read_text())["modules"]
        compiles = {one["compiles"] for one in replays.values()}
        assert "reduced" in compiles, replays
        # Whether a module holds no decision is no matter of exactness.
        assert compiles <= {"reduced", "nothing"}, replays
        report = json.loads((folder / "evaluation/report.json").read_text())
        assert "15.0.6" in report["compiler"]
        assert report["train"]["functions"] > 10
    assert policies[0] == policies[1]


@pytest.mark.slow
def test_llvm_15_decides_as_tensorflow_and_makes_rollouts_together():
    """The tests of the evaluator, which run inside LLVM 19's trainer with all that need one."""
    built = call(task("build-llvm", "--engine=docker", "--llvm=15"))
    assert built.returncode == 0, built.stdout + built.stderr
    profile = load_profile("quick", ["Llvm.major=15"])
    reference = resolve_targets(CHECKOUT, profile, os.environ)["trainer"].reference
    run = subprocess.run(
        ["docker", "run", "--rm", "--init", "--network=none", "--workdir=/src", "--env=HOME=/tmp",
         f"--volume={CHECKOUT / 'tests'}:/src/tests:ro",
         f"--volume={CHECKOUT / 'pyproject.toml'}:/src/pyproject.toml:ro",
         "--entrypoint=/opt/venv/bin/python", reference, "-m", "pytest", "-q",
         "-p", "no:cacheprovider", "tests/rl/test_native.py", "tests/rl/test_compiler.py",
         "tests/rl/test_evaluator.py", "tests/rl/test_rollouts.py"],
        capture_output=True, text=True, check=False,
    )  # fmt: skip
    assert run.returncode == 0, run.stdout[-8000:] + run.stderr[-2000:]
    assert "skipped" not in run.stdout, run.stdout


def test_a_build_of_ones_own_is_a_corpus(build, tmp_path):
    done = invoke("extract", tmp_path, f"--corpus-from={build}")
    assert done.returncode == 0, done.stdout + done.stderr
    assert "image corpus" not in done.stdout
    modules = json.loads((tmp_path / "corpus/corpus_description.json").read_text())["modules"]
    assert len(modules) == len(json.loads((build / "compile_commands.json").read_text()))
    again = invoke("extract", tmp_path, f"--corpus-from={build}")
    assert "everything is up to date" in again.stdout


@pytest.mark.slow
def test_a_corpus_of_another_clang_is_refused_with_both_versions(build, tmp_path):
    done = invoke("extract", tmp_path, "--llvm=15", f"--corpus-from={build}")
    assert done.returncode == 21, done.stdout + done.stderr
    assert "the corpus was built by another clang" in done.stderr + done.stdout
    assert "LLVM 19.1.7, this clang is LLVM 15.0.6" in done.stderr + done.stdout
