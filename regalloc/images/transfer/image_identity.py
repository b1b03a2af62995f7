"""Whether an image is what its name says, and whether two of one name are the same."""

from __future__ import annotations

from collections.abc import Iterator, Mapping

from regalloc.engine.store import ImageStore, StoredImage
from regalloc.errors import ImageError
from regalloc.images.tags import Target

TITLE = "org.opencontainers.image.title"
TAG = "regalloc.tag"


def misnamed(labels: Mapping[str, str], reference: str) -> str:
    """Return why labels do not fit `regalloc-<name>:<tag>`, empty when they do."""
    title, _, tag = reference.rpartition(":")
    for label, wanted in ((TITLE, title), (TAG, tag)):
        if labels.get(label) != wanted:
            return f"label {label} is {labels.get(label, 'missing')}, not {wanted}"
    return ""


def differences(here: StoredImage, there: StoredImage, place: str) -> Iterator[str]:
    """Yield in what two images differ, one thing a line.

    Args:
        here: the image of this machine.
        there: the other one.
        place: where the other one is.
    """
    yield f"here {here.image_id}"
    yield f"{place} {there.image_id}"
    if here.layers == there.layers:
        yield "the layers are the same"
    else:
        same = sum(a == b for a, b in zip(here.layers, there.layers, strict=False))
        total = max(len(here.layers), len(there.layers))
        yield f"{total - same} of {total} layers differ"
    for label in sorted({*here.labels, *there.labels}):
        ours, theirs = (labels.get(label, "missing") for labels in (here.labels, there.labels))
        if ours != theirs:
            yield f"label {label}: here {ours}, {place} {theirs}"


def build_task(target: Target) -> str:
    """Return the command that builds an image of the tree."""
    return f"invoke {target.image.task}"


def choose_images(targets: tuple[Target, ...], store: ImageStore) -> tuple[Target, ...]:
    """Return the images to move: all of a set but those on demand that are not here."""
    return tuple(t for t in targets if not t.image.on_demand or store.look_up(t.reference))


def require_images(targets: tuple[Target, ...], store: ImageStore) -> dict[str, StoredImage]:
    """Return the images of all targets by reference.

    Raises:
        ImageError: one is not here, or is not what its name says.
    """
    found = {target.reference: store.look_up(target.reference) for target in targets}
    if missing := [target for target in targets if found[target.reference] is None]:
        tasks = dict.fromkeys(build_task(target) for target in missing)
        raise ImageError(
            f"{len(missing)} of {len(targets)} images are not built",
            "\n".join(f"{target.reference}: {build_task(target)}" for target in missing),
            f"build them, with the options given here: {' && '.join(tasks)}",
        )
    images = {reference: image for reference, image in found.items() if image is not None}
    for reference, image in images.items():
        if reason := misnamed(image.labels, reference):
            raise ImageError(
                f"{reference} is not what its name says",
                reason,
                f"docker image rm {reference}, then build it again",
            )
    return images
