"""Stages as plain processes, for machines where no docker engine answers."""

from __future__ import annotations

import os
import sys
from collections.abc import Iterator
from pathlib import Path

from regalloc.engine.outcome import Tail, check_exit
from regalloc.engine.process import run_process
from regalloc.engine.protocol import STAGE_ENV, Command, EngineName, token_env
from regalloc.engine.signals import interruptible
from regalloc.errors import EngineError
from regalloc.layout import OBJECTS

OS_RELEASE = Path("/etc/os-release")
WHOLE = ".whole"
"""File that marks a local image as finished; it holds the image's reference."""

LENDING = ("kit", "programs")
"""Images whose stage is told where that lies which they alone hold."""

_DIES_WITH_US = ("setpriv", "--pdeathsig", "KILL", "--")


def local_folder(cache: Path, reference: str) -> Path:
    """Return the folder that stands for an image: `regalloc-x:tag` is `local/x-tag`."""
    name, _, tag = reference.removeprefix("regalloc-").partition(":")
    return cache / "local" / f"{name}-{tag}"


def require_debian(os_release: Path = OS_RELEASE) -> None:
    """Check that this machine runs what the images are made of.

    Raises:
        EngineError: it is not Debian 12.
    """
    text = os_release.read_text() if os_release.is_file() else ""
    fields = dict(line.partition("=")[::2] for line in text.splitlines())
    found = (fields.get("ID", ""), fields.get("VERSION_ID", "").strip('"'))
    if found != ("debian", "12"):
        raise EngineError(
            "no docker engine answers, and the local engine needs Debian 12",
            f"{os_release} says {' '.join(found).strip() or 'nothing'}",
            "start docker, or work on Debian 12",
        )


class LocalEngine:
    """Runs stages as subprocesses of this one, isolated from nothing."""

    def __init__(self, checkout: Path, cache: Path) -> None:
        self._checkout = checkout
        self._cache = cache
        self._warned = False

    @property
    def name(self) -> EngineName:
        """Return which of the engines this is."""
        return "local"

    def describe(self) -> str:
        """Return the engine and its version in a few words."""
        return "local processes, not isolated"

    def image_id(self, reference: str) -> str | None:
        """Return what stands for an image's ID, or None when it was not built."""
        whole = local_folder(self._cache, reference) / WHOLE
        return f"local:{whole.read_text().strip()}" if whole.is_file() else None

    def run(self, command: Command) -> None:
        """Run a stage as a process group that is gone when this returns."""
        self._warn()
        argv = self.stage_argv(command)
        tail = Tail()

        def pass_on(line: bytes) -> None:
            tail.feed(line)
            sys.stdout.buffer.write(line)
            sys.stdout.flush()

        with interruptible():
            code = run_process(
                # Killed outright, we cannot end the stage; the kernel does.
                (*_DIES_WITH_US, *argv),
                env={**self._env(), **(token_env(command.token) if command.token else {})},
                # A terminal is handed down as it is, so that the stage can draw on it.
                on_output=None if command.tty else pass_on,
            )
        check_exit(command.stage, argv, code, tail.text())

    def stage_argv(self, command: Command) -> tuple[str, ...]:
        """Return the whole command line of a stage."""
        lender = command.objects_image or command.toolchain_image
        objects = command.objects_folder or local_folder(self._cache, lender) / OBJECTS
        folder = local_folder(self._cache, command.toolchain_image)
        wheels = command.python_image or command.image
        return (
            str(local_folder(self._cache, wheels) / "venv" / "bin" / "python3"),
            "-m",
            "regalloc",
            *command.argv,
            f"--root={command.root}",
            f"--toolchain={folder / 'opt' / 'llvm'}",
            f"--objects={objects}",
            *self._own_flags(command),
        )

    def _own_flags(self, command: Command) -> Iterator[str]:
        """Yield where lies what a stage's own image holds, in a flag of the image's name."""
        name = command.image.removeprefix("regalloc-").partition(":")[0]
        if name in LENDING:
            yield f"--{name}={local_folder(self._cache, command.image) / 'opt' / name}"
        if command.policy_folder:
            yield f"--policy={command.policy_folder}"

    def _env(self) -> dict[str, str]:
        kept = {key: os.environ[key] for key in ("PATH", "TERM", "LANG") if key in os.environ}
        return {**kept, **dict(STAGE_ENV), "PYTHONPATH": str(self._checkout)}

    def _warn(self) -> None:
        if not self._warned:
            print("note: the local engine isolates nothing; stages run as you do", file=sys.stderr)
        self._warned = True
