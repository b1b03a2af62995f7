"""The seam between the pipeline and whatever runs a stage."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path, PurePosixPath
from typing import Literal, Protocol

EngineName = Literal["docker", "local"]

RUN_LABEL = "regalloc.run"
"""Label of every container we start, so that a leftover can be found and named."""

NO_NETWORK = "none"

STAGE_ENV = (
    ("HOME", "/tmp"),
    # Hash order must not leak into results, and the code folders are read-only.
    ("PYTHONHASHSEED", "0"),
    ("PYTHONDONTWRITEBYTECODE", "1"),
    # A log is read while it grows.
    ("PYTHONUNBUFFERED", "1"),
)


def token_env(token: Path | PurePosixPath) -> dict[str, str]:
    """Return what Ray is told of the file its token lies in."""
    return {"RAY_AUTH_MODE": "token", "RAY_AUTH_TOKEN_PATH": str(token)}


@dataclass(frozen=True)
class Mount:
    """A folder of the host that a stage sees.

    Attributes:
        name: the run's folder, for messages.
        source: absolute path on the host.
        target: absolute path in the container.
        read_only: whether the stage may only read it.
    """

    name: str
    source: Path
    target: PurePosixPath
    read_only: bool


@dataclass(frozen=True, kw_only=True)
class Command:
    """One stage to run, and everything it may touch.

    Attributes:
        stage: the stage's name, for messages and container names.
        image: reference of the image the stage runs in.
        toolchain_image: reference of the image the compiler comes from.
        objects_image: reference of the image that lends its volumes, if one does.
        objects_folder: the user's own build, mounted read-only in their place.
        policy_folder: the user's own policy, mounted read-only.
        python_image: reference of the image whose wheels the stage uses, when that is another one:
            docker's images hold what their parents do, the local engine's do not.
        argv: the stage and its flags, without the interpreter.
        root: the run's folder on the host; every other mount lies below it.
        mounts: the only folders the stage sees.
        run_id: value of the label containers carry.
        memory_mb: hard memory limit in MiB.
        pids: limit on processes and threads.
        tty: whether a terminal is given to the stage, for its progress bar.
        network: docker network the stage may use.
        token: file with the token of the cluster the stage compiles on, if it wants one.
    """

    stage: str
    image: str
    toolchain_image: str
    objects_image: str | None
    objects_folder: Path | None = None
    policy_folder: Path | None = None
    python_image: str | None = None
    argv: tuple[str, ...]
    root: Path
    mounts: tuple[Mount, ...]
    run_id: str
    memory_mb: int
    pids: int
    tty: bool
    network: str = NO_NETWORK
    token: Path | None = None


class Engine(Protocol):
    """What can run a stage."""

    @property
    def name(self) -> EngineName:
        """Return which of the engines this is."""

    def describe(self) -> str:
        """Return the engine and its version in a few words."""

    def image_id(self, reference: str) -> str | None:
        """Return the ID of an image, or None when there is none of that reference."""

    def run(self, command: Command) -> None:
        """Run a stage to its end, streaming its output.

        Raises:
            RegallocError: the class whose exit code the stage ended with.
            StageError: the stage ended in a way that names no cause.
            MemoryLimitError: it was killed for its memory.
            DiskError: the engine has no space left.
            StoppedError: it was asked to stop; nothing of it runs any more.
        """
