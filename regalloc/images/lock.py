"""The lock of everything the images are made of: ``docker/images.lock``.

One fact a line, ``kind name version [sha256:...]``, sorted; lines of ``#`` are remarks.  Builds
compare what they get with it: the base's root file system and sources here and in
``docker/scripts/fetch-source.sh``, Debian packages in ``install-packages.sh``, wheels in pip.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path

from regalloc.errors import ImageError
from regalloc.files import hash_file
from regalloc.releases import RELEASES

LOCK = Path("docker") / "images.lock"
WHEELS = Path("docker") / "trainer" / "requirements.txt"
HEADER = """\
# What the images are made of. Builds fail when what they get differs from it.
# Written by `invoke lock`, which shows what changed.
"""
BASE = "base"
_KINDS = (BASE, "package", "source", "wheel", "wheels")
_PIN = re.compile(r"^([A-Za-z0-9._-]+)==([^ ;\\]+)", re.MULTILINE)

Entries = dict[tuple[str, str], str]
"""Kind and name to version, with the hash if there is one."""


def read_lock(checkout: Path) -> Entries:
    """Return the lock's entries.

    Raises:
        ImageError: the lock is missing or has a line that is no entry.
    """
    path = checkout / LOCK
    try:
        lines = path.read_text(encoding="utf-8").splitlines()
    except FileNotFoundError:
        raise ImageError(f"{LOCK} is missing", "", f"restore it: git checkout {LOCK}") from None
    except ValueError as error:
        raise ImageError(
            f"{LOCK} is damaged", str(error), "run `invoke lock` to write it anew"
        ) from error
    entries: Entries = {}
    for number, line in enumerate(lines, 1):
        if not line or line.startswith("#"):
            continue
        kind, name, value = (*line.split(" ", 2), "", "")[:3]
        if kind not in _KINDS or not name or not value or (kind, name) in entries:
            raise ImageError(
                f"{LOCK} is damaged", f"line {number}: {line}", "run `invoke lock` to write it anew"
            )
        entries[kind, name] = value
    return entries


def read_pins(checkout: Path) -> dict[str, str]:
    """Return the version of every wheel of the trainer, by name."""
    return dict(_PIN.findall((checkout / WHEELS).read_text(encoding="utf-8")))


def format_lock(entries: Entries) -> str:
    """Return the lock's text."""
    lines = (f"{kind} {name} {value}" for (kind, name), value in sorted(entries.items()))
    return HEADER + "".join(f"{line}\n" for line in lines)


def collect_entries(checkout: Path, base: str, packages: str) -> Entries:
    """Return the entries of what is there now.

    Args:
        checkout: the repository's root, for the trainer's wheels.
        base: suite and sha256 of the bootstrapped root file system.
        packages: Debian packages, ``name version`` a line.
    """
    listed = (line.split() for line in packages.splitlines())
    return {
        (BASE, "bootstrap"): base,
        **{("package", name): version for name, version in listed},
        **{
            ("source", release.source_package): (
                f"{release.source_version} sha256:{release.source_sha256}"
            )
            for release in RELEASES
        },
        # Their own hashes, one for each platform, are in that file, and pip checks them.
        ("wheels", WHEELS.as_posix()): f"sha256:{hash_file(checkout / WHEELS)}",
        **{("wheel", name): version for name, version in read_pins(checkout).items()},
    }


def compare_locks(before: Entries, after: Entries) -> Iterator[str]:
    """Yield a line for each entry that differs."""
    for kind, name in sorted({*before, *after}):
        was, now = before.get((kind, name)), after.get((kind, name))
        if was is None:
            yield f"+ {kind} {name} {now}"
        elif now is None:
            yield f"- {kind} {name} {was}"
        elif was != now:
            yield f"  {kind} {name} {was} -> {now}"


def locked_base(checkout: Path) -> str:
    """Return the sha256 of the bootstrapped root file system in the lock, empty without one."""
    return read_lock(checkout).get((BASE, "bootstrap"), "").removeprefix("sha256:")


def check_base(checkout: Path, digest: str) -> None:
    """Check a bootstrapped root file system against the lock.

    Raises:
        ImageError: it differs.
    """
    locked = locked_base(checkout)
    if locked != digest:
        raise ImageError(
            "the bootstrapped Debian differs from docker/images.lock",
            f"locked sha256:{locked}\nmade   sha256:{digest}",
            "Debian has published updates: `invoke lock` takes them and shows what changes",
        )
