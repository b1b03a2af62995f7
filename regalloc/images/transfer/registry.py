"""One image in a registry, as `<registry>/regalloc-<name>:<tag>`."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager
from dataclasses import dataclass

from regalloc.engine.signals import interruptible, shielded
from regalloc.engine.store import ImageStore, StoredImage, Watch
from regalloc.errors import RegistryError
from regalloc.images.tags import Target
from regalloc.images.transfer.image_identity import build_task, differences, misnamed
from regalloc.images.transfer.transfer_progress import show_transfer


@dataclass(frozen=True)
class Registry:
    """A registry, and the engine's images that go there and come from there.

    Attributes:
        address: `host[:port][/path]`.
        store: the engine's images.
        say: takes a line for the user.
        show: yields what is told the progress of a move with a title.
    """

    address: str
    store: ImageStore
    say: Callable[[str], None]
    show: Callable[[str], AbstractContextManager[Watch]] = show_transfer

    def name(self, target: Target) -> str:
        """Return what a target is called in the registry."""
        return f"{self.address}/{target.reference}"

    def fetch(self, target: Target) -> bool:
        """Pull an image unless it is here; return False when the registry does not have it.

        The image gets its name only once it was checked.

        Raises:
            RegistryError: the registry could not be asked, or holds something else.
            DiskError: the engine's disk is full.
            StoppedError: it was asked to stop; an image that is not whole has no name.
        """
        with interruptible():
            digest = self.store.remote_digest(self.name(target))
            if digest is None:
                return False
            here = self.store.look_up(target.reference)
            with self._pulled(target, digest) as there:
                self._check(target, there)
                if here is not None:
                    self._require_same(target, here, there)
                    self.say(f"{target.reference} is here already")
                    return True
                self.store.add_name(there.image_id, target.reference)
            self.say(f"pulled {self.name(target)} ({digest})")
        return True

    def holds(self, target: Target, here: StoredImage) -> bool:
        """Return whether the registry has this very image under the target's tag.

        Raises:
            RegistryError: the registry could not be asked, or has another image under the tag.
        """
        digest = self.store.remote_digest(self.name(target))
        if digest is None:
            return False
        # Fetches a few kilobytes when it is the same: docker knows the layers by their digests.
        with self._pulled(target, digest) as there:
            self._require_same(target, here, there)
        return True

    def send(self, target: Target, here: StoredImage) -> None:
        """Push an image under a tag that the registry does not have.

        Raises:
            RegistryError: the registry did not take it, or has another digest afterwards.
        """
        name = self.name(target)
        with self._named(here.image_id, name), self.show(f"push {target.reference}") as watch:
            digest = self.store.push(name, watch)
        if (found := self.store.remote_digest(name)) != digest:
            raise RegistryError(
                f"{name} is not what was pushed",
                f"pushed {digest}\nfound {found}",
                "somebody else may push the same tag: look at it, and push again",
            )
        self.say(f"pushed {name} ({digest})")

    @contextmanager
    def _pulled(self, target: Target, digest: str) -> Iterator[StoredImage]:
        """Yield the image of a manifest's digest under no other name than that digest.

        Whatever does not get a better name meanwhile is removed.
        """
        reference = f"{self.address}/{target.reference.rpartition(':')[0]}@{digest}"
        try:
            with self.show(f"pull {target.reference}") as watch:
                self.store.pull(reference, watch)
            there = self.store.look_up(reference)
            if there is None:
                raise RegistryError(
                    f"{self.name(target)} is not what was asked for",
                    f"docker has no {reference} after pulling it",
                    "try again; then see the docker daemon's log",
                )
            yield there
        finally:
            with shielded():
                self.store.drop_name(reference)

    @contextmanager
    def _named(self, image_id: str, name: str) -> Iterator[None]:
        """Give an image a name for a while; a push knows the registry by the name only."""
        before = self.store.look_up(name)
        self.store.add_name(image_id, name)
        try:
            yield
        finally:
            with shielded():
                if before is not None and before.image_id != image_id:
                    self.store.add_name(before.image_id, name)
                else:
                    self.store.drop_name(name)

    def _check(self, target: Target, there: StoredImage) -> None:
        if reason := misnamed(there.labels, target.reference):
            raise RegistryError(
                f"{self.name(target)} is not what its name says; it was removed again",
                reason,
                f"delete the tag in the registry, then {build_task(target)} and invoke push",
            )

    def _require_same(self, target: Target, here: StoredImage, there: StoredImage) -> None:
        if here.image_id != there.image_id:
            raise RegistryError(
                f"{target.reference} is another image here than in {self.address}",
                "\n".join(differences(here, there, "there")),
                "nothing was changed. To use the registry's: "
                f"docker image rm {target.reference}, then invoke pull. "
                "To replace it: delete the tag in the registry, then invoke push",
            )
