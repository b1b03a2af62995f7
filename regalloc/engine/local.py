"""Stages as plain processes, for machines without a docker engine."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import assert_never

from regalloc.engine.command import LOOPBACK, Command, ImageRef, Mount, Program, Session
from regalloc.engine.outcome import Tail, check_exit, open_log
from regalloc.engine.passage import Passage
from regalloc.engine.process import run_process
from regalloc.engine.protocol import no_image
from regalloc.engine.signals import interruptible
from regalloc.errors import EngineError

OS_RELEASE = Path("/etc/os-release")
WHOLE = ".whole"
"""File that marks a local image as finished; it holds the image's reference."""

_DIES_WITH_US = ("setpriv", "--pdeathsig", "KILL", "--")


def local_folder(cache: Path, image: ImageRef) -> Path:
    """Return the folder that stands for an image."""
    return cache / "local" / f"{image.name}-{image.tag}"


def local_python(cache: Path, image: ImageRef) -> Path:
    """Return the Python of an image."""
    return local_folder(cache, image) / "venv" / "bin" / "python3"


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
            "there is no docker engine, and the local engine needs Debian 12",
            f"{os_release} says {' '.join(found).strip() or 'nothing'}",
            "start docker, or work on Debian 12",
        )


class LocalEngine:
    """Runs stages as subprocesses of this one, isolated from nothing.

    Args:
        checkout: the repository's root.
        cache: the cache folder.
    """

    nested = False
    images = None
    listen_address = LOOPBACK

    def __init__(self, checkout: Path, cache: Path) -> None:
        self._checkout = checkout
        self._cache = cache
        self._warned = False

    def describe(self) -> str:
        """Return the engine and its version in a few words."""
        return "local processes, not isolated"

    def image_id(self, image: ImageRef) -> str | None:
        """Return what stands for an image's ID, or None when it was not built."""
        whole = local_folder(self._cache, image) / WHOLE
        return f"local:{whole.read_text().strip()}" if whole.is_file() else None

    def place_of(self, mount: Mount) -> Path:
        """Return the path at which a command finds what is mounted: where it is."""
        return mount.source

    def remove_orphans(self, root: Path) -> None:
        """Do nothing: a stage dies with the process that started it."""

    def run(self, command: Command) -> None:
        """Run a stage as a process group that is gone when this returns."""
        self._warn()
        argv = self.stage_argv(command)
        passage = Passage()

        def pass_on(line: bytes) -> None:
            tail.feed(line)
            sys.stdout.buffer.write(passage.feed(line))
            sys.stdout.flush()

        with open_log(command.log) as log, interruptible():
            tail = Tail(log)
            code = run_process(
                # Killed outright, we cannot end the stage; the kernel does.
                (*_DIES_WITH_US, *argv),
                env=self._env(command),
                # A terminal is handed down as it is, so that the stage can draw on it.
                on_output=None if command.tty else pass_on,
            )
            tail.end()
        check_exit(command.stage, argv, code, tail.text())

    def stage_argv(self, command: Command) -> tuple[str, ...]:
        """Return the whole command line of a stage."""
        contents = (
            f"--{content.flag}={local_folder(self._cache, content.image)}{content.path}"
            for content in command.contents
        )
        return (
            str(local_python(self._cache, command.sandbox.python)),
            "-m",
            "regalloc",
            *command.argv,
            f"--root={command.root}",
            *contents,
            *command.sandbox.flags(self.place_of),
        )

    def interact(self, session: Session) -> int:
        """Run a program on our terminal and return its exit code.

        Raises:
            ImageError: the image whose Python is wanted is not built.
        """
        program = self._find(session.program, session.sandbox.python)
        if session.folder:
            session.folder.mkdir(parents=True, exist_ok=True)
        return subprocess.call([program, *session.argv], cwd=session.folder)

    def _find(self, program: Program, image: ImageRef) -> str:
        match program:
            case "shell":
                return os.environ.get("SHELL", "/bin/bash")
            case "python":
                if self.image_id(image) is None:
                    raise no_image(image)
                return str(local_python(self._cache, image))
            case _:
                assert_never(program)

    def remove_images(self, names: Sequence[str]) -> tuple[str, ...]:
        """Remove every image of these names, in this order, and return their folders."""
        place = self._cache / "local"
        found = tuple(path for name in names for path in sorted(place.glob(f"{name}-*")))
        for path in found:
            shutil.rmtree(path, ignore_errors=True)
        return tuple(map(str, found))

    def _env(self, command: Command) -> dict[str, str]:
        kept = {key: os.environ[key] for key in ("PATH", "TERM", "LANG") if key in os.environ}
        given = command.sandbox.variables(self.place_of)
        return {**kept, **given, "PYTHONPATH": str(self._checkout)}

    def _warn(self) -> None:
        if not self._warned:
            print("note: the local engine isolates nothing; stages run as you do", file=sys.stderr)
        self._warned = True
