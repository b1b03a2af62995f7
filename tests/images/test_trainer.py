"""The tests that need TensorFlow, run where TensorFlow is: inside the trainer."""

from __future__ import annotations

import os
import subprocess

import pytest

from regalloc.commands.machine import cache_folder
from regalloc.engine.local import local_folder
from regalloc.images.tags import resolve_targets
from regalloc.profiles import load_profile
from tests.engines import CHECKOUT, call, task, why_not
from tests.trainer import PYTEST, THE_IMAGES, container_argv


def target(name):
    return resolve_targets(CHECKOUT, load_profile("quick"), os.environ)[name].ref


def on_this_machine(flags):
    """Return the command line of the tests in the local trainer."""
    folder = local_folder(cache_folder(os.environ), target("trainer"))
    return [str(folder / "venv/bin/python"), *PYTEST, *flags]


@pytest.mark.timeout(2400)
def test_trainer_passes_the_tests_that_need_tensorflow(pytestconfig):
    engine = next((name for name in ("docker", "local") if not why_not(name)), None)
    if engine is None:
        pytest.skip(f"docker: {why_not('docker')}; local: {why_not('local')}")
    built = call(task("build-llvm", f"--engine={engine}"))
    assert built.returncode == 0, built.stdout + built.stderr
    llvm = local_folder(cache_folder(os.environ), target("llvm")) / "opt/llvm"
    environ = dict(os.environ, PYTHONPATH=str(CHECKOUT), PYTHONHASHSEED="0")
    if engine == "local":
        environ["REGALLOC_TOOLCHAIN"] = str(llvm)
    # The same choice of marks inside: whether slow tests are wanted.
    flags = ("-m", pytestconfig.option.markexpr)
    run = subprocess.run(
        container_argv(str(target("trainer")), THE_IMAGES, flags)
        if engine == "docker"
        else on_this_machine(flags),
        cwd=CHECKOUT,
        env=environ,
        capture_output=True,
        text=True,
        check=False,
    )
    print(run.stdout[-2000:])
    assert run.returncode == 0, run.stdout[-8000:] + run.stderr[-2000:]
