"""The image of a release: a folder that the stage wrote, on the base image."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

import regalloc
from regalloc.engine.command import ImageRef
from regalloc.engine.signals import interruptible
from regalloc.images.builders.buildkit import run_build
from regalloc.images.builders.docker_client import Client, find_client
from regalloc.images.builders.root_filesystem import SOURCE_DATE_EPOCH
from regalloc.images.tags import Target

NAME = "release"
SUMMARY = "clang with a trained eviction policy inside"


@dataclass(frozen=True)
class PackedRelease:
    """What the image of a release is made of.

    Attributes:
        base: the image it is built on.
        kit: the image whose parts it is linked of.
        policy: hash of the policy inside.
        folder: where the stage wrote it.
    """

    base: Target
    kit: Target
    policy: str
    folder: Path

    @property
    def image(self) -> ImageRef:
        """Return the image's name; its tag is LLVM's version and a hash of kit and policy."""
        digest = hashlib.sha256(f"{self.kit.reference}\0{self.policy}".encode()).hexdigest()
        return ImageRef(NAME, f"{self._llvm}-{digest[:12]}")

    @property
    def labels(self) -> dict[str, str]:
        """Return the labels, the same for the same content."""
        oci = "org.opencontainers.image"
        return {
            f"{oci}.title": f"regalloc-{NAME}",
            f"{oci}.description": SUMMARY,
            f"{oci}.version": regalloc.__version__,
            f"{oci}.revision": self.image.tag,
            "regalloc.tag": self.image.tag,
            "regalloc.llvm": self._llvm,
            "regalloc.kit": self.kit.tag,
            "regalloc.policy": self.policy,
        }

    @property
    def _llvm(self) -> str:
        return self.kit.tag.rpartition("-")[0]


def release_argv(client: Client, checkout: Path, release: PackedRelease) -> tuple[str, ...]:
    """Return the command line that builds the image, whose context is the release's folder."""
    return (
        *client.build,
        "--progress=plain",
        f"--file={checkout / 'docker' / 'release' / 'Dockerfile'}",
        f"--tag={release.image}",
        f"--build-arg=BASE={release.base.reference}",
        f"--build-arg=SOURCE_DATE_EPOCH={SOURCE_DATE_EPOCH}",
        *(f"--label={name}={value}" for name, value in release.labels.items()),
        str(release.folder),
    )


def build_release(
    release: PackedRelease, checkout: Path, cache: Path, environ: Mapping[str, str]
) -> None:
    """Build the image of a release; the base must exist.

    Raises:
        ImageError: there is no client to build with, or the build failed.
        DiskError: the disk is full.
        StoppedError: it was asked to stop.
    """
    argv = release_argv(find_client(environ.get("PATH", "")), checkout, release)
    log = cache / "logs" / f"release-{release.image.tag}.log"
    with interruptible():
        run_build(str(release.image), argv, environ, log)
