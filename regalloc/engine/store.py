"""The seam between what moves images and the engine that keeps them."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from contextlib import AbstractContextManager
from dataclasses import dataclass
from pathlib import PurePosixPath
from typing import IO, Any, BinaryIO, Protocol


@dataclass(frozen=True)
class StoredImage:
    """What an engine knows of one of its images.

    Attributes:
        image_id: `sha256:<hex>`, the digest of the image's configuration.
        labels: the labels of that configuration.
        layers: `sha256:<hex>` of each uncompressed layer, the lowest first.
    """

    image_id: str
    labels: Mapping[str, str]
    layers: tuple[str, ...]


@dataclass(frozen=True)
class Event:
    """One line of an engine's progress.

    Attributes:
        layer: short name of the layer, empty when the line is about the whole image.
        status: what happens, in the engine's words.
        done: bytes moved so far, 0 when the line does not say.
        total: bytes to move, 0 when the line does not say.
    """

    layer: str
    status: str
    done: int = 0
    total: int = 0


Watch = Callable[[Event], None]


class ImageStore(Protocol):
    """What keeps images under names, and exchanges them with registries and files.

    A reference is `repository:tag` or `repository@sha256:<hex>`.  Every method raises
    :class:`regalloc.errors.EngineError` when the engine is gone, and
    :class:`regalloc.errors.DiskError` when its disk is full.
    """

    def look_up(self, reference: str) -> StoredImage | None:
        """Return the image of a reference, or None when there is none."""

    def read_config(self, reference: str) -> dict[str, Any]:
        """Return an image's configuration as OCI writes it, with the history of its steps.

        Raises:
            ImageError: there is no such image.
        """

    def add_name(self, image_id: str, name: str) -> None:
        """Name an image `repository:tag`; whatever had the name loses it."""

    def drop_name(self, reference: str) -> None:
        """Take a name away, and the image with its last name; nothing when there is none."""

    def remove(self, prefix: str) -> tuple[str, ...]:
        """Remove every image whose reference starts so, and return the references."""

    def list_names(self, prefix: str) -> tuple[str, ...]:
        """Return the references that start so, sorted."""

    def fetch(self, reference: str) -> bool:
        """Fetch an image by its name from its registry, and return whether that worked."""

    def export(self, reference: str) -> AbstractContextManager[BinaryIO]:
        """Yield an image's file system as a tar stream, parents included."""

    def read_file(self, reference: str, path: PurePosixPath) -> bytes:
        """Return a file of an image."""

    def remote_digest(self, reference: str) -> str | None:
        """Return the digest of a tag's manifest in its registry, None when it has no such tag.

        Raises:
            RegistryError: the registry cannot be asked, or refuses to answer.
        """

    def pull(self, reference: str, watch: Watch) -> None:
        """Fetch the image of a `repository@digest`, checked against the digest.

        Raises:
            RegistryError: the image could not be fetched whole; nothing of it has a name.
        """

    def push(self, reference: str, watch: Watch) -> str:
        """Send an image to the registry its name begins with; return its manifest's digest.

        Raises:
            RegistryError: the registry did not take it.
        """

    def save(self, references: tuple[str, ...]) -> AbstractContextManager[IO[bytes]]:
        """Yield a `docker save` stream of some images, layers that they share once."""

    def load(self, archive: IO[bytes], watch: Watch) -> None:
        """Take in an archive that `docker load` reads.

        Raises:
            ImageError: the engine refuses the archive.
        """
