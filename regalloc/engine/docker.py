"""Stages in containers.  The only file that imports the docker SDK."""

from __future__ import annotations

import os
import shutil
import signal
import sys
from collections.abc import Callable, Iterator
from contextlib import closing, contextmanager, suppress
from typing import TYPE_CHECKING, Any

from regalloc.engine.container import container_options
from regalloc.engine.outcome import Tail, check_exit
from regalloc.engine.protocol import RUN_LABEL, Command, EngineName
from regalloc.engine.signals import interruptible, shielded
from regalloc.errors import DiskError, EngineError, RegallocError

if TYPE_CHECKING:
    from docker.models.containers import Container

GRACE_S = 10
TIMEOUT_S = 60


def connect() -> DockerEngine | None:
    """Return the docker engine the environment names, or None when none answers."""
    # Imported here: the SDK takes longer to load than `status` may take in all.
    import docker
    from docker.errors import DockerException

    try:
        client = docker.from_env(timeout=TIMEOUT_S)
        client.ping()
    except DockerException:
        return None
    return DockerEngine(client)


class DockerEngine:
    """Runs stages in containers that can reach nothing but their folders."""

    def __init__(self, client: Any) -> None:
        self._client = client

    @property
    def name(self) -> EngineName:
        """Return which of the engines this is."""
        return "docker"

    def describe(self) -> str:
        """Return the engine and its version in a few words."""
        return f"docker engine {self._client.version()['Version']}"

    def image_id(self, reference: str) -> str | None:
        """Return the ID of an image, or None when there is none of that reference."""
        from docker.errors import ImageNotFound

        try:
            return str(self._client.images.get(reference).id)
        except ImageNotFound:
            return None

    def pull(self, reference: str) -> bool:
        """Fetch an image from its registry and return whether that worked."""
        from docker.errors import DockerException

        try:
            self._client.images.pull(reference)
        except DockerException:
            return False
        return True

    def remove_images(self, prefix: str) -> tuple[str, ...]:
        """Remove every image whose reference starts so, and return the references."""
        with _translated():
            tags = sorted(tag for image in self._client.images.list() for tag in image.tags)
            removed = tuple(tag for tag in tags if tag.startswith(prefix))
            for tag in removed:
                self._client.images.remove(tag, force=True)
        return removed

    def run(self, command: Command) -> None:
        """Run a stage in a container and remove the container on every way out."""
        name = f"regalloc-{command.run_id}-{command.stage}-{os.getpid()}"
        tail = Tail()
        with _translated(), interruptible():
            self._remove_orphans(command)
            try:
                lent = self._lend(command, f"{name}-objects")
                container = self._client.containers.create(
                    name=name, **container_options(command, lent)
                )
                code = _stream(container, tail, command.tty)
                container.reload()
                killed = bool(container.attrs["State"]["OOMKilled"])
            finally:
                with shielded():
                    self._remove(name)
                    self._remove(f"{name}-objects")
        check_exit(command.stage, command.argv, code, tail.text(), killed)

    def _remove_orphans(self, command: Command) -> None:
        """Remove what a run that was killed outright left at work in the same folder.

        The caller holds the folder's lock, so no living run owns such a container.
        """
        label = f"{RUN_LABEL}={command.root}"
        for container in self._client.containers.list(all=True, filters={"label": label}):
            print(f"removing container {container.name}, left by a killed run", file=sys.stderr)
            self._remove(container.name)

    def _lend(self, command: Command, name: str) -> list[str]:
        """Create, but never start, a container whose volumes hold the corpus objects."""
        if command.objects_image is None:
            return []
        # An image cannot be mounted, but creating a container fills its declared volumes.
        self._client.containers.create(
            command.objects_image, ["true"], name=name, labels={RUN_LABEL: str(command.root)}
        )
        return [f"{name}:ro"]

    def _remove(self, name: str) -> None:
        # By name: a signal may arrive after the daemon made a container and before we heard.
        from docker.errors import APIError, NotFound

        try:
            container = self._client.containers.get(name)
            if container.status == "running":
                container.stop(timeout=GRACE_S)
            container.remove(v=True, force=True)
        except NotFound:
            pass
        except APIError as error:
            print(f"could not remove container {name}: {error}", file=sys.stderr)


def _stream(container: Container, tail: Tail, tty: bool) -> int:
    """Start a container, pass its output on as it comes, and return its exit code."""
    # Attached before the start, so that not a line is missed.
    output = container.attach(stream=True, stdout=True, stderr=True, demux=not tty)
    with closing(output), _resized(container, tty) as resize:
        container.start()
        resize()
        for piece in output:
            for stream, chunk in zip((sys.stdout, sys.stderr), _split(piece), strict=True):
                tail.feed(chunk)
                stream.buffer.write(chunk)
                stream.flush()
    return int(container.wait()["StatusCode"])


def _split(piece: Any) -> tuple[bytes, bytes]:
    out, err = piece if isinstance(piece, tuple) else (piece, b"")
    return out or b"", err or b""


@contextmanager
def _resized(container: Container, tty: bool) -> Iterator[Callable[[], None]]:
    """Keep the container's terminal as large as ours; yields what does it once."""
    from docker.errors import APIError

    def resize(*_: object) -> None:
        columns, lines = shutil.get_terminal_size()
        # A container that has already ended has no terminal left to resize.
        with suppress(APIError):
            container.resize(height=lines, width=columns)

    if not tty:
        yield lambda: None
        return
    before = signal.signal(signal.SIGWINCH, resize)
    try:
        yield resize
    finally:
        signal.signal(signal.SIGWINCH, before)


@contextmanager
def _translated() -> Iterator[None]:
    """Turn the SDK's exceptions into ours."""
    from docker.errors import DockerException
    from requests.exceptions import RequestException

    try:
        yield
    except RegallocError:
        raise
    except (DockerException, RequestException) as error:
        text = str(error)
        if "no space left on device" in text.lower():
            raise DiskError(
                "the docker engine's disk is full", text, "free space: docker system prune"
            ) from error
        raise EngineError(
            "the docker engine refused or went away", text, "run `make doctor`"
        ) from error
