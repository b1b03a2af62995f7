"""Runs of the whole pipeline, shared by the tests: one per engine that works here."""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest

from regalloc.engine.docker import connect

CHECKOUT = Path(__file__).resolve().parents[2]
PROFILE = CHECKOUT / "tests/pipeline/tiny.gin"

Invoke = Callable[..., "subprocess.CompletedProcess[str]"]


def why_not(engine: str) -> str:
    """Return why an engine cannot be used here, or an empty string."""
    if engine == "docker":
        return "" if connect() else "no docker engine answers"
    if os.geteuid() != 0:
        return "the local engine installs packages and this is not root"
    release = Path("/etc/os-release").read_text(encoding="utf-8")
    if "VERSION_CODENAME=bookworm" not in release:
        return "the local engine needs Debian 12"
    return ""


def argv(*words: str) -> list[str]:
    """Return the command line of a task."""
    return [sys.executable, "-m", "invoke", *words]


def train_argv(folder: Path, engine: str, *words: str) -> list[str]:
    """Return the command line that trains into a folder under the tiny profile."""
    return argv("train", f"--profile={PROFILE}", f"--run={folder}", f"--engine={engine}", *words)


def call(words: list[str]) -> subprocess.CompletedProcess[str]:
    """Run a task to its end and return it with its output."""
    environ = dict(os.environ, COLUMNS="160")
    return subprocess.run(
        words, cwd=CHECKOUT, env=environ, capture_output=True, text=True, check=False
    )


def train(folder: Path, engine: str, *words: str) -> str:
    """Train and return what was printed; fail with it when the task fails."""
    run = call(train_argv(folder, engine, *words))
    assert run.returncode == 0, run.stdout + run.stderr
    return run.stdout


@pytest.fixture(scope="session", params=["docker", "local"])
def engine(request: pytest.FixtureRequest) -> str:
    """An engine that works here; skips aloud where it does not."""
    name = str(request.param)
    if reason := why_not(name):
        pytest.skip(f"engine {name}: {reason}")
    return name


@pytest.fixture(scope="session")
def trained(engine: str, tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, str]:
    """A finished run under the engine and what it printed."""
    folder = tmp_path_factory.mktemp(f"run-{engine}")
    return folder, train(folder, engine, "--jobs=2")
