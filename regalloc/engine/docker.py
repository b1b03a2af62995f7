"""Stages in containers."""

from __future__ import annotations

import secrets
import shutil
import signal
import subprocess
import sys
import uuid
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import closing, contextmanager
from pathlib import Path, PurePosixPath
from typing import Any, TextIO

from regalloc.engine.command import Command, ImageRef, Mount, Session
from regalloc.engine.container import (
    CALL_LABEL,
    RUN_LABEL,
    container_options,
    session_argv,
    target_of,
)
from regalloc.engine.docker_store import DockerStore
from regalloc.engine.outcome import Tail, check_exit, open_log
from regalloc.engine.owner import owner_of
from regalloc.engine.passage import Passage
from regalloc.engine.protocol import no_image
from regalloc.engine.sdk import open_client, or_none, refusal_heard, translated
from regalloc.engine.signals import interruptible, shielded
from regalloc.errors import ImageError

GRACE_S = 10
TIMEOUT_S = 60
_LONGEST = 100


def connect() -> DockerEngine | None:
    """Return the docker engine the environment names, or None when there is none.

    Raises:
        ConfigError: docker's own config.json, which holds its credentials, cannot be read.
        EngineError: there is an engine, but it does not answer, or not to this user.
    """
    client = open_client(TIMEOUT_S)
    return DockerEngine(client) if client else None


class DockerEngine:
    """Runs stages in containers that can reach nothing but their folders.

    Args:
        client: the SDK's client.
    """

    nested = True
    listen_address = "0.0.0.0"
    """A container has addresses of its own; only what we publish is reached from outside."""

    def __init__(self, client: Any) -> None:
        self._client = client
        self._images = DockerStore(client)

    @property
    def images(self) -> DockerStore:
        """Return the images that the engine keeps."""
        return self._images

    def describe(self) -> str:
        """Return the engine and its version in a few words."""
        return f"docker engine {self._client.version()['Version']}"

    def image_id(self, image: ImageRef) -> str | None:
        """Return the ID of an image, or None when there is none of that name."""
        found = or_none(lambda: self._client.images.get(str(image)))
        return str(found.id) if found else None

    def place_of(self, mount: Mount) -> PurePosixPath:
        """Return the path at which a command finds what is mounted."""
        return target_of(mount)

    def remove_images(self, names: Sequence[str]) -> tuple[str, ...]:
        """Remove every image of these names, in this order, and return their references."""
        return tuple(
            reference for name in names for reference in self._images.remove(f"regalloc-{name}:")
        )

    def run(self, command: Command) -> None:
        """Run a stage in a container and remove the container on every way out."""
        name = f"regalloc-{command.run_id[:_LONGEST]}-{command.stage}-{secrets.token_hex(4)}"
        labels = {RUN_LABEL: owner_of(command.root), CALL_LABEL: uuid.uuid4().hex}
        lenders = {f"{name}-{c.flag}": c.image for c in command.contents if c.lent}
        with open_log(command.log) as log, translated(), interruptible():
            tail = Tail(log)
            try:
                for lender, image in lenders.items():
                    self._lend(image, lender, labels)
                options = container_options(command, [f"{one}:ro" for one in lenders], labels)
                container = self._client.containers.create(name=name, **options)
                code = _stream(container, tail, command.tty)
                tail.end()
                container.reload()
                killed = bool(container.attrs["State"]["OOMKilled"])
            finally:
                with shielded():
                    for made in (name, *lenders):
                        self._remove(made, labels)
        check_exit(command.stage, command.argv, code, tail.text(), killed)

    def interact(self, session: Session) -> int:
        """Run a program in a container on our terminal and return its exit code.

        The SDK has no terminal; the docker client has.

        Raises:
            ImageError: the image or a docker client is missing.
        """
        image = session.sandbox.image
        if self.image_id(image) is None:
            raise no_image(image)
        client = shutil.which("docker")
        if client is None:
            raise ImageError("no docker client on PATH", "", "install one, or use --engine=local")
        return subprocess.call([client, *session_argv(session)])

    def remove_orphans(self, root: Path) -> None:
        """Remove what a run that was killed outright left at work in its folder.

        The caller holds the folder's lock, so no living run owns such a container.
        """
        label = f"{RUN_LABEL}={owner_of(root)}"
        with translated():
            for container in self._client.containers.list(all=True, filters={"label": label}):
                print(f"removing container {container.name}, left by a killed run", file=sys.stderr)
                self._remove(container.name, {})

    def _lend(self, image: ImageRef, name: str, labels: Mapping[str, str]) -> None:
        """Create, but never start, a container whose volumes hold what an image lends."""
        # An image cannot be mounted, but creating a container fills its declared volumes.
        self._client.containers.create(str(image), ["true"], name=name, labels=dict(labels))

    def _remove(self, name: str, labels: Mapping[str, str]) -> None:
        """Remove a container that has these labels; one of the same name without them stays."""

        def complain(why: str) -> None:
            print(f"could not remove container {name}: {why}", file=sys.stderr)

        # By name: a signal may arrive after the daemon made a container and before we heard.
        with refusal_heard(complain):
            container = self._client.containers.get(name)
            if not labels.items() <= container.labels.items():
                return
            if container.status == "running":
                container.stop(timeout=GRACE_S)
            container.remove(v=True, force=True)


def _stream(container: Any, tail: Tail, tty: bool) -> int:
    """Start a container, pass its output on as it comes, and return its exit code."""
    # Attached before the start, so that not a line is missed.
    output = container.attach(stream=True, stdout=True, stderr=True, demux=not tty)
    ways = ((sys.stdout, Passage()), (sys.stderr, Passage()))
    with closing(output), _resized(container, tty) as resize:
        container.start()
        resize()
        for piece in output:
            for (stream, passage), chunk in zip(ways, _split(piece), strict=True):
                tail.feed(chunk)
                _write(stream, passage.feed(chunk))
        for stream, passage in ways:
            _write(stream, passage.end())
    return int(container.wait()["StatusCode"])


def _write(stream: TextIO, content: bytes) -> None:
    stream.buffer.write(content)
    stream.flush()


def _split(piece: Any) -> tuple[bytes, bytes]:
    out, err = piece if isinstance(piece, tuple) else (piece, b"")
    return out or b"", err or b""


@contextmanager
def _resized(container: Any, tty: bool) -> Iterator[Callable[[], None]]:
    """Keep the container's terminal as large as ours; yields what does it once."""

    def resize(*_: object) -> None:
        columns, lines = shutil.get_terminal_size()
        # A container that has already ended has no terminal left to resize.
        with refusal_heard(lambda why: None):
            container.resize(height=lines, width=columns)

    if not tty:
        yield lambda: None
        return
    before = signal.signal(signal.SIGWINCH, resize)
    try:
        yield resize
    finally:
        signal.signal(signal.SIGWINCH, before)
