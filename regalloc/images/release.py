"""The image of a release: a folder that the stage wrote, on the base image."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from pathlib import Path

import regalloc
from regalloc.engine.signals import interruptible
from regalloc.images.base import SOURCE_DATE_EPOCH
from regalloc.images.build import run_build
from regalloc.images.client import Client, find_client
from regalloc.images.tree import Target

NAME = "regalloc-release"
SUMMARY = "clang with a trained eviction policy inside"


def release_reference(kit: Target, policy: str) -> str:
    """Return repository and tag of a release: LLVM's version, and a hash of kit and policy."""
    version = kit.tag.rpartition("-")[0]
    digest = hashlib.sha256(f"{kit.reference}\0{policy}".encode()).hexdigest()
    return f"{NAME}:{version}-{digest[:12]}"


def release_labels(reference: str, kit: Target, policy: str) -> dict[str, str]:
    """Return the labels, the same for the same content."""
    oci = "org.opencontainers.image"
    tag = reference.rpartition(":")[2]
    return {
        f"{oci}.title": NAME,
        f"{oci}.description": SUMMARY,
        f"{oci}.version": regalloc.__version__,
        f"{oci}.revision": tag,
        "regalloc.tag": tag,
        "regalloc.llvm": tag.rpartition("-")[0],
        "regalloc.kit": kit.tag,
        "regalloc.policy": policy,
    }


def release_argv(
    client: Client, checkout: Path, base: Target, folder: Path, labels: Mapping[str, str]
) -> tuple[str, ...]:
    """Return the command line that builds the image, whose context is the release's folder."""
    return (
        *client.build,
        "--progress=plain",
        f"--file={checkout / 'docker' / 'release' / 'Dockerfile'}",
        f"--tag={NAME}:{labels['regalloc.tag']}",
        f"--build-arg=BASE={base.reference}",
        f"--build-arg=SOURCE_DATE_EPOCH={SOURCE_DATE_EPOCH}",
        *(f"--label={name}={value}" for name, value in labels.items()),
        str(folder),
    )


def build_release(
    checkout: Path,
    cache: Path,
    environ: Mapping[str, str],
    base: Target,
    folder: Path,
    labels: Mapping[str, str],
) -> None:
    """Build the image of a release; the base must exist.

    Raises:
        ImageError: there is no client to build with, or the build failed.
        DiskError: the disk is full.
        StoppedError: it was asked to stop.
    """
    argv = release_argv(find_client(environ.get("PATH", "")), checkout, base, folder, labels)
    tag = labels["regalloc.tag"]
    with interruptible():
        run_build(f"{NAME}:{tag}", argv, environ, cache / "logs" / f"release-{tag}.log")
