"""The files of an OCI image layout that describe a set of images.

The layout is https://github.com/opencontainers/image-spec/blob/main/image-layout.md, with
`manifest.json` beside it: engines older than 25 read that one and not the layout's index.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any

import msgspec

LAYOUT = "oci-layout"
INDEX = "index.json"
DOCKER_MANIFEST = "manifest.json"
LAYOUT_CONTENT = b'{"imageLayoutVersion":"1.0.0"}'

_TYPE = "application/vnd.oci.image"
MANIFEST_TYPE = f"{_TYPE}.manifest.v1+json"
INDEX_TYPE = f"{_TYPE}.index.v1+json"
CONFIG_TYPE = f"{_TYPE}.config.v1+json"
LAYER_TYPE = f"{_TYPE}.layer.v1.tar"
REF_NAME = "org.opencontainers.image.ref.name"
# What containerd, and docker with containerd's store, name an image by.
CONTAINERD_NAME = "io.containerd.image.name"
_HUB = "docker.io/library/"


@dataclass(frozen=True)
class Blob:
    """A file that goes by the hash of its content.

    Attributes:
        digest: `sha256:<hex>`.
        size: bytes.
    """

    digest: str
    size: int

    @property
    def path(self) -> str:
        """Return where it lies in the layout."""
        return blob_path(self.digest)


@dataclass(frozen=True)
class Packed:
    """An image in a layout.

    Attributes:
        reference: `repository:tag`.
        config: its configuration, whose digest is the image's ID.
        layers: its uncompressed layers, the lowest first.
    """

    reference: str
    config: Blob
    layers: tuple[Blob, ...]

    @property
    def manifest(self) -> bytes:
        """Return the content of its OCI manifest."""
        return _encode(
            {
                "schemaVersion": 2,
                "mediaType": MANIFEST_TYPE,
                "config": _descriptor(CONFIG_TYPE, self.config),
                "layers": [_descriptor(LAYER_TYPE, layer) for layer in self.layers],
            }
        )


class Descriptor(msgspec.Struct, frozen=True, rename="camel"):
    """A reference to a blob, as the layout's files write it."""

    media_type: str
    digest: str
    size: int
    annotations: dict[str, str] = {}

    @property
    def blob(self) -> Blob:
        """Return the blob."""
        return Blob(self.digest, self.size)


class ImageManifest(msgspec.Struct, frozen=True, rename="camel"):
    """What a manifest says."""

    schema_version: int
    config: Descriptor
    layers: tuple[Descriptor, ...]


class Index(msgspec.Struct, frozen=True, rename="camel"):
    """What the index says."""

    schema_version: int
    manifests: tuple[Descriptor, ...]


class _Rootfs(msgspec.Struct, frozen=True):
    diff_ids: tuple[str, ...]


class _Container(msgspec.Struct, frozen=True, rename="pascal"):
    labels: dict[str, str] | None = None


class Config(msgspec.Struct, frozen=True):
    """What we read of an image's configuration."""

    rootfs: _Rootfs
    config: _Container = _Container()


class DockerEntry(msgspec.Struct, frozen=True, rename="pascal"):
    """What docker's own manifest.json says of an image, with paths inside the archive."""

    config: str
    repo_tags: tuple[str, ...] | None
    layers: tuple[str, ...]


def blob_of(content: bytes) -> Blob:
    """Return the blob of some bytes."""
    return Blob(f"sha256:{hashlib.sha256(content).hexdigest()}", len(content))


def blob_path(digest: str) -> str:
    """Return where a blob lies in the layout."""
    return f"blobs/{digest.replace(':', '/')}"


def index_content(images: Iterable[Packed]) -> bytes:
    """Return the content of `index.json`."""
    manifests = []
    for image in images:
        names = {REF_NAME: image.reference, CONTAINERD_NAME: _HUB + image.reference}
        described = _descriptor(MANIFEST_TYPE, blob_of(image.manifest))
        manifests.append({**described, "annotations": names})
    return _encode({"schemaVersion": 2, "mediaType": INDEX_TYPE, "manifests": manifests})


def docker_entries(images: Iterable[Packed]) -> tuple[DockerEntry, ...]:
    """Return what docker's `manifest.json` says of some images."""
    return tuple(
        DockerEntry(
            image.config.path, (image.reference,), tuple(layer.path for layer in image.layers)
        )
        for image in images
    )


def docker_content(images: Iterable[Packed]) -> bytes:
    """Return the content of docker's `manifest.json`."""
    return _encode(docker_entries(images))


def _descriptor(media_type: str, blob: Blob) -> dict[str, Any]:
    return {"mediaType": media_type, "digest": blob.digest, "size": blob.size}


def _encode(value: Any) -> bytes:
    return msgspec.json.encode(value)
