"""The tests that need TensorFlow, run where TensorFlow is: inside the trainer."""

from __future__ import annotations

import os
import subprocess
from concurrent.futures import ThreadPoolExecutor

import pytest

from regalloc.commands.machine import cache_folder
from regalloc.engine.local import local_folder
from regalloc.images.tags import resolve_targets
from regalloc.profiles import load_profile
from tests.engines import CHECKOUT, call, task, why_not
from tests.trainer import PYTEST, THE_IMAGES, container_argv


def target(name):
    return resolve_targets(CHECKOUT, load_profile("quick"), os.environ)[name].ref


def on_this_machine(paths, flags):
    """Return the command line of tests in the local trainer."""
    folder = local_folder(cache_folder(os.environ), target("trainer"))
    return [str(folder / "venv/bin/python"), *PYTEST, *paths, *flags]


def halves():
    """Return the files of tests in two lists that take about as long."""
    files = sorted(f"tests/rl/{path.name}" for path in (CHECKOUT / "tests/rl").glob("test_*.py"))
    return files[::2], files[1::2]


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
    # Here and not in threads: profiles are parsed, which Python 3.11 does in one thread at a time.
    commands = [
        container_argv(str(target("trainer")), THE_IMAGES, flags, paths=paths)
        if engine == "docker"
        else on_this_machine(paths, flags)
        for paths in halves()
    ]

    def run(argv):
        return subprocess.run(
            argv, cwd=CHECKOUT, env=environ, capture_output=True, text=True, check=False
        )

    with ThreadPoolExecutor() as side_by_side:
        ends = list(side_by_side.map(run, commands))
    for end in ends:
        print(end.stdout[-2000:])
        assert end.returncode == 0, end.stdout[-8000:] + end.stderr[-2000:]
