"""Where the base image's root file system comes from: an image, a registry, or a bootstrap."""

from __future__ import annotations

import hashlib
import os
import shutil
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path

from regalloc.engine.outcome import Tail, describe_failure
from regalloc.engine.process import run_process
from regalloc.errors import ImageError
from regalloc.files import hash_file
from regalloc.images.finding import Finding
from regalloc.images.package_sources import SUITE, debian_sources

PULLED = f"debian:{SUITE}-slim"
BOOTSTRAPPED = "bootstrapped"
"""Stage of docker/base/Dockerfile that unpacks a bootstrapped root file system."""

SOURCE_DATE_EPOCH = 1735689600
"""2025-01-01: the newest time stamp in anything we build."""

_OPTIONS = (
    "--variant=minbase",
    "--include=ca-certificates",
    '--aptopt=Acquire::Languages "none"',
    # Everything a container never shows anyone; licences stay.
    "--dpkgopt=path-exclude=/usr/share/doc/*",
    "--dpkgopt=path-include=/usr/share/doc/*/copyright",
    "--dpkgopt=path-exclude=/usr/share/man/*",
    "--dpkgopt=path-exclude=/usr/share/info/*",
    "--dpkgopt=path-exclude=/usr/share/locale/*",
    # They name mirrors; whoever builds on the image lends it their own.
    '--customize-hook=rm -f "$1"/etc/apt/sources.list "$1"/etc/apt/sources.list.d/*',
)


@dataclass(frozen=True)
class Base:
    """What docker/base/Dockerfile is built from.

    Attributes:
        source: value of `ARG BASE`.
        identity: how it was come by, for the image's label.
        context: folder with the root file system, None when none is needed.
    """

    source: str
    identity: str
    context: Path | None


def prepare_base(
    cache: Path, environ: Mapping[str, str], pull: Callable[[str], bool], locked: str
) -> Base:
    """Return a base: BASE_IMAGE, else Debian's image if it can be pulled, else a bootstrap.

    Args:
        cache: where a bootstrap is kept.
        environ: the process's environment.
        pull: fetches an image from a registry and returns whether that worked.
        locked: sha256 of the bootstrap in the lock.

    Raises:
        ImageError: none of the three works, or the bootstrap differs from the lock.
    """
    if given := environ.get("BASE_IMAGE"):
        return Base(given, f"BASE_IMAGE {given}", None)
    if pull(PULLED):
        return Base(PULLED, f"pulled {PULLED}", None)
    folder = bootstrap(cache, debian_sources(Path("/etc/apt")), locked)
    return Base(BOOTSTRAPPED, f"bootstrapped {SUITE} sha256:{root_digest(folder)}", folder)


def find_base(environ: Mapping[str, str]) -> Finding:
    """Return where the base comes from here, or what a bootstrap lacks."""
    if given := environ.get("BASE_IMAGE"):
        return Finding("base", f"BASE_IMAGE {given}")
    if found := shutil.which("mmdebstrap"):
        return Finding("base", f"bootstrap with {found}")
    if os.geteuid() == 0 and shutil.which("apt-get"):
        return Finding("base", "mmdebstrap will be installed")
    fix = "needed only when debian:bookworm-slim cannot be pulled; or set BASE_IMAGE"
    return Finding("base", "mmdebstrap is not installed", fix)


def root_digest(folder: Path) -> str:
    """Return the sha256 of a bootstrapped root file system."""
    return (folder / "rootfs.sha256").read_text().strip()


def bootstrap(cache: Path, sources: str, wanted: str | None = None) -> Path:
    """Build Debian's root file system and return its folder: rootfs.tar and rootfs.sha256.

    The same packages give the same bytes. What is kept from before is of the packages of that day,
    so it serves only who wants just that.

    Args:
        cache: where it is kept.
        sources: apt's.
        wanted: sha256 of the root file system that need not be built again.

    Raises:
        ImageError: there are no sources, or mmdebstrap is missing or failed.
    """
    if not sources:
        raise ImageError(
            "no Debian base image can be had",
            f"{PULLED} cannot be pulled, and /etc/apt names no source of Debian 12",
            "set BASE_IMAGE to a Debian 12 image",
        )
    recipe = hashlib.sha256("\n".join([*_OPTIONS, sources]).encode()).hexdigest()[:12]
    folder = cache / "base" / recipe
    if folder.is_dir() and root_digest(folder) == wanted:
        return folder
    partial = folder.with_suffix(".partial")
    shutil.rmtree(partial, ignore_errors=True)
    partial.mkdir(parents=True)
    # Below the build context but not copied from it: the file names package hosts.
    (partial / "debian.sources").write_text(sources)
    _mmdebstrap(partial / "rootfs.tar", partial / "debian.sources")
    (partial / "rootfs.sha256").write_text(f"{hash_file(partial / 'rootfs.tar')}\n")
    shutil.rmtree(folder, ignore_errors=True)
    partial.rename(folder)
    return folder


def _mmdebstrap(output: Path, sources: Path) -> None:
    argv = [find_mmdebstrap(), *_OPTIONS, SUITE, str(output), str(sources)]
    tail = Tail()
    env = {**os.environ, "SOURCE_DATE_EPOCH": str(SOURCE_DATE_EPOCH)}
    code = run_process(argv, env=env, on_output=tail.feed)
    if code != 0:
        raise ImageError(
            "Debian could not be bootstrapped",
            describe_failure(argv, code, tail.text()),
            "check that apt-get update works, or set BASE_IMAGE to a Debian 12 image",
        )


def find_mmdebstrap() -> str:
    """Return the path of mmdebstrap, installing it when this is Debian and we are root.

    Raises:
        ImageError: it is missing and cannot be installed.
    """
    if found := shutil.which("mmdebstrap"):
        return found
    if os.geteuid() == 0 and (apt := shutil.which("apt-get")):
        run_process([apt, "update"], on_output=lambda _: None)
        run_process([apt, "install", "--yes", "mmdebstrap"], on_output=lambda _: None)
    if found := shutil.which("mmdebstrap"):
        return found
    raise ImageError(
        "no Debian base image can be had",
        f"{PULLED} cannot be pulled, and mmdebstrap is not installed",
        "set BASE_IMAGE to a Debian 12 image, or install mmdebstrap",
    )
