"""Writes ``docker/images.lock`` anew from what Debian has today."""

from __future__ import annotations

import tempfile
from collections.abc import Mapping
from datetime import UTC, datetime
from pathlib import Path

from regalloc.images.builders.buildkit import lend_secrets, place_scripts, run_build
from regalloc.images.builders.docker_client import find_client
from regalloc.images.builders.root_filesystem import (
    BOOTSTRAPPED,
    SOURCE_DATE_EPOCH,
    bootstrap,
    root_digest,
)
from regalloc.images.lock import LOCK, Entries, collect_entries, format_lock
from regalloc.images.package_sources import debian_sources
from regalloc.releases import RELEASES

_REFERENCE = "regalloc-base:unlocked"


def refresh_lock(checkout: Path, cache: Path, environ: Mapping[str, str]) -> Entries:
    """Write the lock and return its entries.

    Raises:
        ImageError: there is nothing to bootstrap from, no client to build with, or a build failed.
        DiskError: the disk is full.
    """
    folder = bootstrap(cache, debian_sources(Path("/etc/apt")))
    place_scripts(checkout, folder)
    build = (*find_client(environ.get("PATH", "")).build, "--progress=plain")
    base = (
        f"--file={checkout / 'docker' / 'base' / 'Dockerfile'}",
        f"--tag={_REFERENCE}",
        f"--build-arg=BASE={BOOTSTRAPPED}",
        f"--build-arg=SOURCE_DATE_EPOCH={SOURCE_DATE_EPOCH}",
        str(folder),
    )
    logs = cache / "logs"
    run_build("lock: base", (*build, *base), environ, logs / "lock-base.log")
    with tempfile.TemporaryDirectory() as output:
        resolve = (
            f"--file={checkout / 'docker' / 'lock' / 'Dockerfile'}",
            f"--build-arg=BASE={_REFERENCE}",
            f"--build-arg=LLVM_MAJORS={' '.join(str(release.major) for release in RELEASES)}",
            f"--build-arg=ASKED={datetime.now(UTC).isoformat()}",
            f"--output=type=local,dest={output}",
            *lend_secrets(environ, cache),
            str(checkout),
        )
        # An output of its own takes the place of a tag, and of buildx's --load.
        argv = tuple(word for word in (*build, *resolve) if word != "--load")
        run_build("lock: packages", argv, environ, logs / "lock-packages.log")
        packages = (Path(output) / "packages.txt").read_text(encoding="utf-8")
    entries = collect_entries(checkout, f"sha256:{root_digest(folder)}", packages)
    (checkout / LOCK).write_text(format_lock(entries), encoding="utf-8")
    return entries
