"""Runs of the whole pipeline, shared by the tests: one per engine that works here."""

from __future__ import annotations

import subprocess
from collections.abc import Callable, Iterator
from functools import cache
from pathlib import Path

import pytest

from tests.engines import ENGINES, call, task, why_not
from tests.pipeline.workshop import INPUT, Project, Workshop, build_workshop

PROFILE = "tiny"


def train_argv(folder: Path, engine: str, *words: str) -> list[str]:
    """Return the command line that trains into a folder under the tiny profile."""
    return task("train", f"--profile={PROFILE}", f"--run={folder}", f"--engine={engine}", *words)


def train(folder: Path, engine: str, *words: str) -> str:
    """Train and return what was printed; fail with it when the task fails."""
    run = call(train_argv(folder, engine, *words))
    assert run.returncode == 0, run.stdout + run.stderr
    return run.stdout


def release(run: Path, *words: str) -> subprocess.CompletedProcess[str]:
    """Run the task that makes a release of a run, under the tiny profile."""
    return call(task("release", f"--profile={PROFILE}", f"--run={run}", "--engine=docker", *words))


def engine_params() -> list[object]:
    """Return the engines; what one that works has shown, the others show before a release."""
    working = [name for name in ENGINES if not why_not(name)]
    return [
        pytest.param(name, marks=pytest.mark.slow) if name in working[1:] else name
        for name in ENGINES
    ]


@pytest.fixture(scope="session", params=engine_params())
def engine(request: pytest.FixtureRequest) -> str:
    """An engine that works here; skips aloud where it does not."""
    name = str(request.param)
    if reason := why_not(name):
        pytest.skip(f"engine {name}: {reason}")
    return name


@pytest.fixture(scope="session")
def finished(tmp_path_factory: pytest.TempPathFactory) -> Callable[[str], tuple[Path, str]]:
    """Give a finished run under an engine and what it printed; made once per engine."""

    @cache
    def run(engine: str) -> tuple[Path, str]:
        folder = tmp_path_factory.mktemp(f"run-{engine}")
        return folder, train(folder, engine, "--jobs=2")

    return run


@pytest.fixture(scope="session")
def trained(engine: str, finished: Callable[[str], tuple[Path, str]]) -> tuple[Path, str]:
    """A finished run under the engine and what it printed."""
    return finished(engine)


@pytest.fixture(scope="session")
def released(
    finished: Callable[[str], tuple[Path, str]], tmp_path_factory: pytest.TempPathFactory
) -> Iterator[tuple[Path, Path, str]]:
    """The run that was trained, the folder that its release was exported to, and what was said."""
    run, _ = finished("docker")
    folder = tmp_path_factory.mktemp("out") / "clang 19"
    done = release(run, f"--export={folder}")
    assert done.returncode == 0, done.stdout + done.stderr
    yield run, folder, done.stdout
    reference = done.stdout.partition("image: ")[2].split()[0]
    subprocess.run(["docker", "image", "rm", reference], capture_output=True, check=False)


@pytest.fixture(scope="session")
def workshop(released: tuple[Path, Path, str]) -> Iterator[Workshop]:
    """A Debian without a compiler, and the release."""
    image = build_workshop("workshop")
    yield Workshop(image, released[1])
    subprocess.run(["docker", "image", "rm", image], capture_output=True, check=False)


@pytest.fixture
def project(workshop: Workshop, tmp_path: Path) -> Project:
    """A project of one's own."""
    return Project.create(tmp_path / "project", workshop)


@pytest.fixture(scope="session")
def printed(workshop: Workshop, tmp_path_factory: pytest.TempPathFactory) -> str:
    """What the project's program prints when clang compiled it as it always does."""
    plain = Project.create(tmp_path_factory.mktemp("plain") / "project", workshop)
    plain.succeed("make CC=clang CXX=clang++")
    return plain.succeed(f"./your-program {INPUT}").stdout
