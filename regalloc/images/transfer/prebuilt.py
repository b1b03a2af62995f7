"""The image set in a registry: pushed, pulled, and pulled where it would be built."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Protocol

from regalloc.engine.signals import interruptible
from regalloc.errors import RegistryError
from regalloc.images.finding import Finding
from regalloc.images.side_by_side import one_by_one
from regalloc.images.tags import Target
from regalloc.images.transfer.image_identity import build_task, choose_images, require_images
from regalloc.images.transfer.registry import Registry


def push_set(targets: tuple[Target, ...], registry: Registry) -> None:
    """Push the images of a set that the registry does not have; overwrite nothing.

    Registries know no "put if absent": two pushes of one tag at the same time are noticed only
    afterwards.

    Raises:
        ImageError: an image is not built.
        RegistryError: the registry refuses, or has another image under one of the tags.
        StoppedError: it was asked to stop; the same command goes on with what is missing.
    """
    with interruptible():
        targets = choose_images(targets, registry.store)
        images = require_images(targets, registry.store)
        # All are compared before the first is pushed: it is the whole set or nothing new.
        missing = [t for t in targets if not registry.holds(t, images[t.reference])]
        for target in targets:
            if target in missing:
                registry.send(target, images[target.reference])
            else:
                registry.say(f"{registry.name(target)} is there already")


def pull_set(targets: tuple[Target, ...], registry: Registry) -> None:
    """Pull the images of a set that are not here.

    Raises:
        RegistryError: the registry refuses, holds something else, or lacks one that training
            needs; what it has was pulled.
        DiskError: the engine's disk is full.
        StoppedError: it was asked to stop; the same command goes on with what is missing.
    """
    absent = [target for target in targets if not registry.fetch(target)]
    for target in absent:
        if target.image.on_demand:
            registry.say(f"{registry.name(target)} is not there, and is built when it is wanted")
    if missing := [target for target in absent if not target.image.on_demand]:
        tasks = dict.fromkeys(build_task(target) for target in missing)
        raise RegistryError(
            f"{registry.address} lacks {len(missing)} of {len(targets)} images",
            "\n".join(registry.name(target) for target in missing),
            f"build them, with the options given here: {' && '.join(tasks)}; then invoke push",
        )


class Builder(Protocol):
    """What can build an image."""

    def build_all(self, targets: Sequence[Target]) -> dict[str, float]:
        """Build images, parents first, and return how long each took, in seconds, by its name."""

    def build(self, target: Target) -> None:
        """Build one image, whose parent exists."""

    def test(self, target: Target) -> None:
        """Run an image's own tests against the image; nothing when it has none."""

    def again(self, cache: Path) -> Builder:
        """Return a builder that takes nothing from earlier builds, with a cache of its own."""

    def examine(self) -> tuple[Finding, ...]:
        """Look at what a build needs of this machine."""


@dataclass(frozen=True)
class PullOrBuild:
    """Pulls an image that the registry has, builds the others, and says which of the two.

    Attributes:
        registry: where to look first.
        builder: what builds the others.
    """

    registry: Registry
    builder: Builder

    def build_all(self, targets: Sequence[Target]) -> dict[str, float]:
        """Make images be here, parents first, and return how long each took, in seconds.

        Raises:
            RegallocError: of the registry or the builder.
        """
        times = one_by_one(self._fetch, targets)
        missing = [t for t in targets if self.registry.store.look_up(t.reference) is None]
        built = self.builder.build_all(missing)
        for target in missing:
            self.registry.say(f"built {target.reference}")
        return times | built

    def build(self, target: Target) -> None:
        """Make one image be here, whose parent is.

        Raises:
            RegallocError: of the registry or the builder.
        """
        self.build_all((target,))

    def _fetch(self, target: Target) -> None:
        if not self.registry.fetch(target):
            address = self.registry.address
            self.registry.say(f"{address} does not have {target.reference}: building it")

    def test(self, target: Target) -> None:
        """Run an image's own tests against the image; nothing when it has none.

        Raises:
            RegallocError: of the builder.
        """
        self.builder.test(target)

    def again(self, cache: Path) -> Builder:
        """Return what builds the others, afresh: what a registry has is no second build."""
        return self.builder.again(cache)

    def examine(self) -> tuple[Finding, ...]:
        """Look at what a build needs of this machine."""
        return self.builder.examine()
