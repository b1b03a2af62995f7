"""The docker engine's images: named, pulled, pushed, saved and loaded."""

from __future__ import annotations

import tarfile
from collections.abc import Iterator
from contextlib import closing, contextmanager
from pathlib import PurePosixPath
from typing import IO, Any, BinaryIO, cast

from regalloc.engine.chunks import ChunkReader
from regalloc.engine.container import RUN_LABEL
from regalloc.engine.refusals import engine_full, registry_failure, says_full
from regalloc.engine.sdk import engine_failure, or_none, succeeds, translated
from regalloc.engine.signals import interruptible, shielded
from regalloc.engine.store import Event, StoredImage, Watch
from regalloc.errors import ImageError, RegallocError


class DockerStore:
    """The images of a docker engine.

    Credentials are those of docker's own config.json; the engine is who talks to registries.

    Args:
        client: the SDK's client.
    """

    def __init__(self, client: Any) -> None:
        self._client = client

    def look_up(self, reference: str) -> StoredImage | None:
        """Return the image of a reference, or None when there is none."""
        with translated():
            image = or_none(lambda: self._client.images.get(reference))
        return stored_image(image.attrs) if image else None

    def read_config(self, reference: str) -> dict[str, Any]:
        """Return an image's configuration as OCI writes it, with the history of its steps."""
        with translated():
            image = or_none(lambda: self._client.images.get(reference))
            steps = image.history() if image else []
        if image is None:
            raise ImageError(f"there is no image {reference}", "", "build it again")
        return image_config(image.attrs, steps)

    def add_name(self, image_id: str, name: str) -> None:
        """Name an image `repository:tag`; whatever had the name loses it."""
        repository, _, tag = name.rpartition(":")
        with translated():
            self._client.api.tag(image_id, repository, tag)

    def drop_name(self, reference: str) -> None:
        """Take a name away, and the image with its last name; nothing when there is none."""
        with translated():
            or_none(lambda: self._client.api.remove_image(reference))

    def remove(self, prefix: str) -> tuple[str, ...]:
        """Remove every image whose reference starts so, and return the references."""
        removed = self.list_names(prefix)
        with translated():
            for name in removed:
                self._client.images.remove(name, force=True)
        return removed

    def list_names(self, prefix: str) -> tuple[str, ...]:
        """Return the references that start so, sorted."""
        with translated():
            names = (name for image in self._client.images.list() for name in image.tags)
            return tuple(sorted(name for name in names if name.startswith(prefix)))

    def fetch(self, reference: str) -> bool:
        """Fetch an image by its name from its registry, and return whether that worked."""
        return succeeds(lambda: self._client.images.pull(reference))

    def remote_digest(self, reference: str) -> str | None:
        """Return the digest of a tag's manifest in its registry, None when it has no such tag."""
        with _asking(reference):
            answer = or_none(lambda: self._client.api.inspect_distribution(reference))
        return str(answer["Descriptor"]["digest"]) if answer else None

    def pull(self, reference: str, watch: Watch) -> None:
        """Fetch the image of a `repository@digest`, checked against the digest."""
        repository, _, digest = reference.partition("@")
        with _asking(reference), interruptible():
            lines = self._client.api.pull(repository, tag=digest, stream=True, decode=True)
            for _ in _followed(lines, watch, reference):
                pass

    def push(self, reference: str, watch: Watch) -> str:
        """Send an image to the registry its name begins with; return its manifest's digest."""
        repository, _, tag = reference.rpartition(":")
        digest = ""
        with _asking(reference), self._patient(), interruptible():
            lines = self._client.api.push(repository, tag=tag, stream=True, decode=True)
            for line in _followed(lines, watch, reference):
                digest = str(line.get("aux", {}).get("Digest", digest))
        return digest

    @contextmanager
    def save(self, references: tuple[str, ...]) -> Iterator[IO[bytes]]:
        """Yield a `docker save` stream of some images, layers that they share once."""
        api = self._client.api
        # The SDK's own call takes one image, and would send shared layers again with each.
        url = f"{api.base_url}/v{api.api_version}/images/get"
        with translated(), interruptible():
            # The engine writes all of it to its disk before it answers.
            answer = api.get(url, params={"names": references}, stream=True, timeout=None)
            with closing(answer):
                if not answer.ok:
                    raise engine_failure(answer.text)
                yield cast("IO[bytes]", answer.raw)

    def load(self, archive: IO[bytes], watch: Watch) -> None:
        """Take in an archive that `docker load` reads."""
        with translated(load_failure), self._patient(), interruptible():
            for line in self._client.api.load_image(archive):
                if "error" in line:
                    raise load_failure(str(line["error"]))
                watch(event_of(line))

    @contextmanager
    def export(self, reference: str) -> Iterator[BinaryIO]:
        """Yield an image's file system as a tar stream, parents included."""
        with self._created(reference) as container, closing(container.export()) as chunks:
            yield cast("BinaryIO", ChunkReader(chunks))

    def read_file(self, reference: str, path: PurePosixPath) -> bytes:
        """Return a file of an image."""
        with self._created(reference) as container:
            chunks, _ = container.get_archive(str(path))
            stream = cast("BinaryIO", ChunkReader(chunks))
            with closing(chunks), tarfile.open(fileobj=stream, mode="r|") as archive:
                member = archive.next()
                content = archive.extractfile(member) if member else None
                return content.read() if content else b""

    @contextmanager
    def _created(self, reference: str) -> Iterator[Any]:
        """Yield a container of an image that is never started, and remove it."""
        with translated():
            # Its command need not exist.
            container = self._client.containers.create(reference, ["true"], labels={RUN_LABEL: ""})
            try:
                yield container
            finally:
                with shielded():
                    container.remove(v=True, force=True)

    @contextmanager
    def _patient(self) -> Iterator[None]:
        """Let the engine be silent for as long as it likes: layers are big, registries slow."""
        api = self._client.api
        before, api.timeout = api.timeout, None
        try:
            yield
        finally:
            api.timeout = before


def stored_image(attrs: dict[str, Any]) -> StoredImage:
    """Return an image from what the engine's inspection says of it."""
    return StoredImage(
        image_id=str(attrs["Id"]),
        labels=attrs["Config"].get("Labels") or {},
        layers=tuple(attrs["RootFS"].get("Layers") or ()),
    )


_LAYERED = ("RUN ", "COPY ", "ADD ", "WORKDIR ")
"""Beginnings of the steps that make a layer."""


def image_config(attrs: dict[str, Any], steps: list[dict[str, Any]]) -> dict[str, Any]:
    """Return an image's configuration from what the engine's inspection and history say.

    The engine does not say which steps made a layer. Where our count of them is not the layers',
    the configuration has no history.

    Args:
        attrs: the inspection.
        steps: the history, the newest first.
    """
    layers = list(attrs["RootFS"].get("Layers") or ())
    history = []
    for step in reversed(steps):
        entry = {"created_by": step["CreatedBy"], "comment": step["Comment"]}
        empty = not step["CreatedBy"].startswith(_LAYERED)
        history.append({**entry, "empty_layer": True} if empty else entry)
    known = sum("empty_layer" not in entry for entry in history) == len(layers)
    return {
        "architecture": attrs["Architecture"],
        "os": attrs["Os"],
        "config": attrs["Config"],
        "rootfs": {"type": "layers", "diff_ids": layers},
        "history": history if known else [],
    }


def event_of(line: dict[str, Any]) -> Event:
    """Return what a line of the engine's progress says."""
    detail = line.get("progressDetail") or {}
    return Event(
        layer=str(line.get("id", "")),
        status=str(line.get("status", "")),
        done=int(detail.get("current", 0)),
        total=int(detail.get("total", 0)),
    )


def load_failure(text: str) -> RegallocError:
    """Return the error of an archive that the engine does not take."""
    if says_full(text):
        return engine_full(text)
    return ImageError("docker refuses the archive", text, "make it again: invoke save")


def registry_host(reference: str) -> str:
    """Return the registry of a reference, as `docker login` takes it."""
    return reference.partition("/")[0]


@contextmanager
def _asking(reference: str) -> Iterator[None]:
    with translated(lambda text: registry_failure(registry_host(reference), text)):
        yield


def _followed(lines: Any, watch: Watch, reference: str) -> Iterator[dict[str, Any]]:
    """Yield an operation's lines once they were watched; an error is a line as well.

    Args:
        lines: the SDK's generator; closing it makes the engine stop what it does.
        watch: told each line.
        reference: what is moved.
    """
    with closing(lines):
        for line in lines:
            if "error" in line:
                raise registry_failure(registry_host(reference), str(line["error"]))
            watch(event_of(line))
            yield line
