"""Stages in containers.  The only file that imports the docker SDK."""

from __future__ import annotations

import os
import shutil
import signal
import sys
import tarfile
from collections.abc import Callable, Iterator
from contextlib import closing, contextmanager, suppress
from pathlib import PurePosixPath
from typing import TYPE_CHECKING, Any, BinaryIO, TypeVar, cast

from regalloc.engine.chunks import ChunkReader
from regalloc.engine.container import container_options
from regalloc.engine.outcome import Tail, check_exit
from regalloc.engine.protocol import RUN_LABEL, Command, EngineName
from regalloc.engine.refusals import engine_full, says_full
from regalloc.engine.signals import interruptible, shielded
from regalloc.errors import ConfigError, EngineError, RegallocError

if TYPE_CHECKING:
    from docker.models.containers import Container

T = TypeVar("T")

GRACE_S = 10
TIMEOUT_S = 60


def connect() -> DockerEngine | None:
    """Return the docker engine the environment names, or None when none answers.

    Raises:
        ConfigError: docker's own config.json, which holds its credentials, cannot be read.
    """
    # Imported here: the SDK takes longer to load than `status` may take in all.
    import docker
    from docker.errors import DockerException, InvalidConfigFile

    try:
        client = docker.from_env(timeout=TIMEOUT_S)
        client.ping()
    except (InvalidConfigFile, ValueError) as error:
        raise ConfigError(
            "docker's config.json cannot be read", str(error), "docker logout, then docker login"
        ) from error
    except DockerException:
        return None
    return DockerEngine(client)


class DockerEngine:
    """Runs stages in containers that can reach nothing but their folders."""

    def __init__(self, client: Any) -> None:
        self._client = client

    @property
    def client(self) -> Any:
        """Return the SDK's client, for what else there is to do with the engine."""
        return self._client

    @property
    def name(self) -> EngineName:
        """Return which of the engines this is."""
        return "docker"

    def describe(self) -> str:
        """Return the engine and its version in a few words."""
        return f"docker engine {self._client.version()['Version']}"

    def image_id(self, reference: str) -> str | None:
        """Return the ID of an image, or None when there is none of that reference."""
        image = or_none(lambda: self._client.images.get(reference))
        return str(image.id) if image else None

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
        with translated():
            tags = sorted(tag for image in self._client.images.list() for tag in image.tags)
            removed = tuple(tag for tag in tags if tag.startswith(prefix))
            for tag in removed:
                self._client.images.remove(tag, force=True)
        return removed

    @contextmanager
    def export(self, reference: str) -> Iterator[BinaryIO]:
        """Yield an image's file system as a tar stream, parents included.

        Raises:
            EngineError: there is no such image, or the engine went away.
        """
        with self._created(reference) as container, closing(container.export()) as chunks:
            yield cast("BinaryIO", ChunkReader(chunks))

    def read_file(self, reference: str, path: PurePosixPath) -> bytes:
        """Return a file of an image.

        Raises:
            EngineError: there is no such image or file, or the engine went away.
        """
        with self._created(reference) as container:
            chunks, _ = container.get_archive(str(path))
            stream = cast("BinaryIO", ChunkReader(chunks))
            with closing(chunks), tarfile.open(fileobj=stream, mode="r|") as archive:
                member = archive.next()
                content = archive.extractfile(member) if member else None
                return content.read() if content else b""

    @contextmanager
    def _created(self, reference: str) -> Iterator[Container]:
        """Yield a container of an image that is never started, and remove it."""
        with translated():
            # Its command need not exist.
            container = self._client.containers.create(reference, ["true"], labels={RUN_LABEL: ""})
            try:
                yield container
            finally:
                with shielded():
                    container.remove(v=True, force=True)

    def run(self, command: Command) -> None:
        """Run a stage in a container and remove the container on every way out."""
        name = f"regalloc-{command.run_id}-{command.stage}-{os.getpid()}"
        tail = Tail()
        with translated(), interruptible():
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


def engine_failure(text: str) -> RegallocError:
    """Return the error that an engine's message stands for."""
    if says_full(text):
        return engine_full(text)
    return EngineError("the docker engine refused or went away", text, "run `make doctor`")


@contextmanager
def translated(refused: Callable[[str], RegallocError] = engine_failure) -> Iterator[None]:
    """Turn the SDK's exceptions into ours.

    Args:
        refused: makes an error of the message of an engine that answered, but not as we hoped.
    """
    from docker.errors import DockerException, StreamParseError
    from requests.exceptions import RequestException, Timeout
    from urllib3.exceptions import HTTPError

    try:
        yield
    except RegallocError:
        raise
    except (DockerException, Timeout) as error:
        raise refused(str(getattr(error, "explanation", None) or error)) from error
    # A stream that ends in the middle shows as urllib3's error, or as half a line of JSON.
    except (RequestException, StreamParseError, HTTPError) as error:
        raise engine_failure(str(error)) from error


def or_none(call: Callable[[], T]) -> T | None:
    """Return what a call of the SDK gives, None when the engine says there is no such thing."""
    from docker.errors import NotFound

    try:
        return call()
    except NotFound:
        return None
