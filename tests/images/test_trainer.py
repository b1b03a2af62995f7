"""The tests that need TensorFlow, run where TensorFlow is: inside the trainer."""

from __future__ import annotations

import os
import shutil
import subprocess

import pytest

from regalloc.engine.local import local_folder
from regalloc.images.tree import resolve_targets
from regalloc.pipeline.machine import cache_folder
from regalloc.settings import load_profile
from tests.engines import CHECKOUT, call, task, why_not

EMULATOR = "qemu-x86_64-static"
PYTEST = ("-m", "pytest", "-q", "-p", "no:cacheprovider", "tests/rl")


def target(name):
    return resolve_targets(CHECKOUT, load_profile("quick"), os.environ)[name].ref


def find_emulator():
    """Return the path of the emulator of other processors, if this machine has it."""
    return filter(None, [shutil.which(EMULATOR)])


def in_docker():
    """Return the command line of the tests in a container without network."""
    volumes = (
        f"{CHECKOUT}/tests:/src/tests:ro",
        f"{CHECKOUT}/pyproject.toml:/src/pyproject.toml:ro",
        *(f"{emulator}:/usr/local/bin/{EMULATOR}:ro" for emulator in find_emulator()),
        # Not in the trainer, but compared with it.
        f"{CHECKOUT}/regalloc/bench:/opt/regalloc/regalloc/bench:ro",
    )
    return [
        "docker", "run", "--rm", "--init", "--network=none", "--workdir=/src", "--env=HOME=/tmp",
        *(f"--volume={volume}" for volume in volumes),
        "--entrypoint=/opt/venv/bin/python", str(target("trainer")), *PYTEST,
    ]  # fmt: skip


def on_this_machine():
    """Return the command line of the tests in the local trainer."""
    folder = local_folder(cache_folder(os.environ), target("trainer"))
    return [str(folder / "venv/bin/python"), *PYTEST]


@pytest.mark.timeout(2400)
def test_trainer_passes_the_tests_that_need_tensorflow():
    engine = next((name for name in ("docker", "local") if not why_not(name)), None)
    if engine is None:
        pytest.skip(f"docker: {why_not('docker')}; local: {why_not('local')}")
    built = call(task("build-llvm", f"--engine={engine}"))
    assert built.returncode == 0, built.stdout + built.stderr
    llvm = local_folder(cache_folder(os.environ), target("llvm")) / "opt/llvm"
    environ = dict(os.environ, PYTHONPATH=str(CHECKOUT), PYTHONHASHSEED="0")
    if engine == "local":
        environ["REGALLOC_TOOLCHAIN"] = str(llvm)
    run = subprocess.run(
        in_docker() if engine == "docker" else on_this_machine(),
        cwd=CHECKOUT,
        env=environ,
        capture_output=True,
        text=True,
        check=False,
    )
    print(run.stdout[-2000:])
    assert run.returncode == 0, run.stdout[-8000:] + run.stderr[-2000:]
