"""What an engine is asked to run, as plain data."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path, PurePath, PurePosixPath
from typing import Literal

NO_NETWORK = "none"
BRIDGE = "bridge"
"""Docker's own network, which every engine has."""

LOOPBACK = "127.0.0.1"

STAGE_ENV = (
    ("HOME", "/tmp"),
    # Hash order must not leak into results, and the code folders are read-only.
    ("PYTHONHASHSEED", "0"),
    ("PYTHONDONTWRITEBYTECODE", "1"),
    # A log is read while it grows.
    ("PYTHONUNBUFFERED", "1"),
)

Program = Literal["python", "shell"]


@dataclass(frozen=True)
class ImageRef:
    """The name of one of our images; as a string it is `regalloc-<name>:<tag>`.

    Attributes:
        name: the image's name in the tree.
        tag: what its content gives it.
    """

    name: str
    tag: str

    def __str__(self) -> str:
        return f"regalloc-{self.name}:{self.tag}"


@dataclass(frozen=True)
class Mount:
    """A folder or file of this machine that a command sees.

    Attributes:
        source: absolute path on this machine.
        target: absolute path in a container.
        read_only: whether the command may only read it.
        flag: the stage's flag that names its place; empty for what lies below the stage's root.
        variable: the environment variable that names its place; empty for none.
    """

    source: Path
    target: PurePosixPath
    read_only: bool = True
    flag: str = ""
    variable: str = ""


@dataclass(frozen=True)
class Content:
    """A folder of an image that a stage uses.

    Attributes:
        image: the image that holds it.
        path: absolute path in a container of that image.
        flag: the stage's flag that names its place.
        lent: whether the stage runs in an image without it, and gets it as a volume.
    """

    image: ImageRef
    path: PurePosixPath
    flag: str
    lent: bool = False


@dataclass(frozen=True, kw_only=True)
class Sandbox:
    """Where a command runs, and everything it may see and use.

    Attributes:
        image: the image it runs in.
        python: the image whose Python it uses, where images do not hold what their parents do.
        mounts: the only files of this machine that it sees.
        environment: variables beside :data:`STAGE_ENV`.
        network: docker network it may use.
        memory_mb: hard memory limit in MiB.
        pids: limit on processes and threads.
    """

    image: ImageRef
    python: ImageRef
    mounts: tuple[Mount, ...]
    environment: tuple[tuple[str, str], ...] = ()
    network: str = NO_NETWORK
    memory_mb: int
    pids: int

    def flags(self, place_of: Callable[[Mount], PurePath]) -> tuple[str, ...]:
        """Return the flags that tell a stage where its mounts are."""
        return tuple(f"--{mount.flag}={place_of(mount)}" for mount in self.mounts if mount.flag)

    def variables(self, place_of: Callable[[Mount], PurePath]) -> dict[str, str]:
        """Return the environment, with the places of the mounts that it names."""
        named = {m.variable: str(place_of(m)) for m in self.mounts if m.variable}
        return {**dict(STAGE_ENV), **dict(self.environment), **named}


@dataclass(frozen=True, kw_only=True)
class Command:
    """One stage to run.

    Attributes:
        stage: the stage's name, for messages and container names.
        argv: the stage and its flags, without the interpreter and without the flags of places.
        sandbox: where it runs.
        contents: folders of images that it uses.
        root: the run's folder on this machine.
        run_id: part of the container's name.
        tty: whether a terminal is given to the stage, for its progress bar.
        log: the file on this machine that what it says is written to; None for none.
    """

    stage: str
    argv: tuple[str, ...]
    sandbox: Sandbox
    contents: tuple[Content, ...] = ()
    root: Path
    run_id: str
    tty: bool
    log: Path | None = None


@dataclass(frozen=True, kw_only=True)
class Session:
    """A program on the user's own terminal.

    Attributes:
        program: what is started.
        argv: its arguments.
        sandbox: where it runs.
        folder: where it starts when it sees this machine as it is; None for here.
        port: the port it serves, which is reached on this machine's loopback; None for none.
        tty: whether it is typed to.
    """

    program: Program
    argv: tuple[str, ...] = ()
    sandbox: Sandbox
    folder: Path | None = None
    port: int | None = None
    tty: bool = False
