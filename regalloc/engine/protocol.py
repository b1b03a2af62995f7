"""The seam between the pipeline and whatever runs a stage."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path, PurePath
from typing import Protocol

from regalloc.engine.command import Command, ImageRef, Mount, Session
from regalloc.engine.store import ImageStore
from regalloc.errors import ImageError


class Engine(Protocol):
    """What runs stages and keeps what they run in."""

    @property
    def nested(self) -> bool:
        """Return whether an image holds what its parents hold."""

    @property
    def images(self) -> ImageStore | None:
        """Return the images it keeps, or None when it keeps none that can be moved."""

    @property
    def listen_address(self) -> str:
        """Return where a program must listen to be reached on this machine's loopback."""

    def describe(self) -> str:
        """Return the engine and its version in a few words."""

    def image_id(self, image: ImageRef) -> str | None:
        """Return the ID of an image, or None when there is none of that name."""

    def place_of(self, mount: Mount) -> PurePath:
        """Return the path at which a command finds what is mounted."""

    def run(self, command: Command) -> None:
        """Run a stage to its end, streaming its output.

        Raises:
            RegallocError: the class whose exit code the stage ended with.
            StageError: the stage ended in a way that names no cause.
            MemoryLimitError: it was killed for its memory.
            DiskError: the engine has no space left.
            StoppedError: it was asked to stop; nothing of it runs any more.
        """

    def remove_orphans(self, root: Path) -> None:
        """Remove what an earlier run left at work in a folder whose lock the caller holds.

        Raises:
            DiskError: the folder cannot be used.
            EngineError: the engine refused or went away.
        """

    def interact(self, session: Session) -> int:
        """Run a program on our terminal and return its exit code.

        Raises:
            ImageError: what it needs is not there.
        """

    def remove_images(self, names: Sequence[str]) -> tuple[str, ...]:
        """Remove every image of these names, in this order, and return what was removed."""


def no_image(image: ImageRef) -> ImageError:
    """Return the error of a session whose image is not built."""
    return ImageError(f"there is no image {image}", "", "make build-llvm")
