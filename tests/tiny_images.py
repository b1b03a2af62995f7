"""Images of a few kilobytes, made without a build, for tests of what moves images."""

from __future__ import annotations

import hashlib
import io
import json
import tarfile
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace

from regalloc.engine.store import StoredImage
from regalloc.images.tags import Target
from regalloc.images.tree import TREE, Image


def layer_of(name: str, content: bytes) -> bytes:
    """Return a layer with one file."""
    return _tar([(name, content)])


@dataclass(frozen=True)
class TinyImage:
    """An image.

    Attributes:
        target: the row and the tag that its labels name.
        layers: its layers, the lowest first.
        labels: its labels.
        created: when it says it was made.
    """

    target: Target
    layers: tuple[bytes, ...]
    labels: tuple[tuple[str, str], ...]
    created: str = "2025-01-01T00:00:00Z"

    @property
    def config(self) -> bytes:
        """Return its configuration."""
        return json.dumps(
            {
                "architecture": "amd64",
                "os": "linux",
                "created": self.created,
                "config": {"Labels": dict(self.labels)},
                "rootfs": {"type": "layers", "diff_ids": [sha256(x) for x in self.layers]},
                "history": [{"created": self.created} for _ in self.layers],
            }
        ).encode()

    @property
    def stored(self) -> StoredImage:
        """Return what an engine says of it."""
        layers = tuple(sha256(layer) for layer in self.layers)
        return StoredImage(sha256(self.config), dict(self.labels), layers)

    def relabelled(self, **labels: str) -> TinyImage:
        """Return the image with other labels, `_` standing for `.`."""
        new = {name.replace("_", "."): value for name, value in labels.items()}
        return replace(self, labels=tuple({**dict(self.labels), **new}.items()))


def tiny_image(
    name: str, layers: Sequence[bytes], tag: str = "1-a", *, on_demand: bool = False
) -> TinyImage:
    """Return an image with the labels that fit its name."""
    together = next((row.built_with for row in TREE if row.name == name), None)
    image = Image(name, None, (), (), "a test's", on_demand=on_demand, built_with=together)
    target = Target(image, tag, (), None)
    title = ("org.opencontainers.image.title", f"regalloc-{name}")
    return TinyImage(target, tuple(layers), (title, ("regalloc.tag", tag)))


def docker_archive(images: Iterable[TinyImage]) -> bytes:
    """Return some images as `docker save` of engine 20.10 writes them.

    A layer that an earlier image has, too, is a link to it.
    """
    files: list[tuple[str, bytes | str]] = []
    places: dict[str, str] = {}
    entries = []
    for image in images:
        paths = []
        for depth, layer in enumerate(image.layers):
            above = "".join(map(sha256, image.layers[: depth + 1])) + image.target.name
            path = f"{hashlib.sha256(above.encode()).hexdigest()}/layer.tar"
            known = places.setdefault(sha256(layer), path)
            files.append((path, layer if known == path else f"../{known}"))
            paths.append(path)
        config = f"{sha256(image.config).removeprefix('sha256:')}.json"
        files.append((config, image.config))
        entries.append({"Config": config, "RepoTags": [image.target.reference], "Layers": paths})
    return _tar([*files, ("manifest.json", json.dumps(entries).encode())])


def sha256(content: bytes) -> str:
    """Return the digest of some bytes."""
    return f"sha256:{hashlib.sha256(content).hexdigest()}"


def _tar(files: Iterable[tuple[str, bytes | str]]) -> bytes:
    output = io.BytesIO()
    with tarfile.open(fileobj=output, mode="w") as tar:
        for name, content in files:
            member = tarfile.TarInfo(name)
            if isinstance(content, str):
                member.type, member.linkname = tarfile.SYMTYPE, content
                tar.addfile(member)
            else:
                member.size = len(content)
                tar.addfile(member, io.BytesIO(content))
    return output.getvalue()
