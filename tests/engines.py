"""The engines that work on this machine, and how tests call tasks."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

from regalloc.engine.docker import DockerEngine, connect
from regalloc.errors import EngineError

CHECKOUT = Path(__file__).resolve().parents[1]
ENGINES = ("docker", "local")


def docker_engine() -> DockerEngine | None:
    """Return the docker engine, or None when none answers."""
    try:
        return connect()
    except EngineError:
        return None


def why_not(engine: str) -> str:
    """Return why an engine cannot be used here, or an empty string."""
    if engine == "docker":
        return "" if docker_engine() else "no docker engine answers"
    if os.geteuid() != 0:
        return "the local engine installs packages and this is not root"
    release = Path("/etc/os-release").read_text(encoding="utf-8")
    if "VERSION_CODENAME=bookworm" not in release:
        return "the local engine needs Debian 12"
    return ""


def task(*words: str) -> list[str]:
    """Return the command line of a task."""
    return [sys.executable, "-m", "invoke", *words]


def call(words: list[str]) -> subprocess.CompletedProcess[str]:
    """Run a task to its end and return it with its output."""
    environ = dict(os.environ, COLUMNS="160")
    return subprocess.run(
        words, cwd=CHECKOUT, env=environ, capture_output=True, text=True, check=False
    )
