"""Builds images with BuildKit."""

from __future__ import annotations

import re
import shlex
import subprocess
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path

import regalloc
from regalloc.engine.outcome import Tail, describe_exit
from regalloc.engine.process import run_process
from regalloc.engine.signals import interruptible
from regalloc.errors import DiskError, ImageError
from regalloc.images.base import SOURCE_DATE_EPOCH, Base, prepare_base
from regalloc.images.client import Client, build_secrets, find_client, pip_config_files
from regalloc.images.progress import parse_count, show_progress
from regalloc.images.tree import Target

_STEP = re.compile(r"^#\d+ (\[.*)$")
# Cache mounts say nothing about what a step does.
_MOUNT = re.compile(r"--mount=\S+")
_FULL = "no space left on device"


@dataclass(frozen=True)
class DockerBuilder:
    """Builds images on a docker engine.

    Attributes:
        checkout: the repository's root, the build context.
        cache: folder for logs and the bootstrapped base.
        environ: the process's environment.
        pull: fetches an image from a registry and returns whether that worked.
    """

    checkout: Path
    cache: Path
    environ: Mapping[str, str]
    pull: Callable[[str], bool]

    def build(self, target: Target) -> None:
        """Build one image; its parent must exist.

        Raises:
            ImageError: there is no client to build with, or the build failed.
            DiskError: the disk is full.
            StoppedError: the build was asked to stop; the client is gone.
        """
        client = find_client(self.environ.get("PATH", ""))
        with interruptible():
            base = self._base(target)
            secrets = build_secrets(self.environ, pip_config_files(self.environ, Path.home()))
            labels = image_labels(target, revision(self.checkout), base)
            argv = build_argv(client, self.checkout, target, base, labels, secrets)
            log = self.cache / "logs" / f"{target.name}-{target.tag}.log"
            self._run(target, argv, log)

    def _base(self, target: Target) -> Base | None:
        if target.parent is not None:
            return None
        base = prepare_base(self.cache, self.environ, self.pull)
        print(f"base: {base.identity}")
        return base

    def _run(self, target: Target, argv: tuple[str, ...], log: Path) -> None:
        log.parent.mkdir(parents=True, exist_ok=True)
        tail = Tail()
        with log.open("wb") as file, show_progress(target.reference) as progress:

            def record(line: bytes) -> None:
                file.write(line)
                tail.feed(line)
                if step := build_step(line):
                    progress.step(step)
                elif count := parse_count(line):
                    progress.count(*count)

            env = {**self.environ, "DOCKER_BUILDKIT": "1"}
            code = run_process(argv, env=env, on_output=record)
        if code != 0:
            raise build_failure(target, argv, code, log, tail.text())


def build_argv(
    client: Client,
    checkout: Path,
    target: Target,
    base: Base | None,
    labels: Mapping[str, str],
    secrets: tuple[str, ...],
) -> tuple[str, ...]:
    """Return the command line that builds an image."""
    context = base.context if base and base.context else checkout
    args = {
        "BASE": base.source if base else target.parent,
        "SOURCE_DATE_EPOCH": SOURCE_DATE_EPOCH,
        **{name: value for name, value in target.args if name != "BASE_IDENTITY"},
    }
    return (
        *client.build,
        "--progress=plain",
        f"--file={checkout / 'docker' / target.name / 'Dockerfile'}",
        f"--tag={target.reference}",
        *(f"--build-arg={name}={value}" for name, value in args.items()),
        *(f"--label={name}={value}" for name, value in labels.items()),
        *secrets,
        str(context),
    )


def image_labels(target: Target, commit: str, base: Base | None) -> dict[str, str]:
    """Return an image's labels."""
    oci = "org.opencontainers.image"
    labels = {
        f"{oci}.title": f"regalloc-{target.name}",
        f"{oci}.description": target.image.summary,
        f"{oci}.version": regalloc.__version__,
        f"{oci}.revision": commit,
        "regalloc.tag": target.tag,
    }
    return {**labels, "regalloc.base": base.identity} if base else labels


def revision(checkout: Path) -> str:
    """Return what git calls the checkout, or `none` outside of git."""
    try:
        done = subprocess.run(
            ["git", "-C", str(checkout), "describe", "--always", "--dirty"],
            capture_output=True,
            text=True,
            check=False,
        )
    except OSError:
        return "none"
    return done.stdout.strip() or "none"


def build_step(line: bytes) -> str | None:
    """Return the step a line of BuildKit's plain output announces, or None."""
    found = _STEP.match(line.decode(errors="replace").rstrip())
    return " ".join(_MOUNT.sub("", found[1]).split()) if found else None


def build_failure(
    target: Target, argv: tuple[str, ...], code: int, log: Path, tail: str
) -> ImageError | DiskError:
    """Return the error a failed build stands for."""
    details = f"command: {shlex.join(argv)}\nended with: {describe_exit(code)}\nlog: {log}\n{tail}"
    if _FULL in log.read_text(errors="replace").lower():
        return DiskError(
            f"the disk is full: {target.reference} could not be built",
            details,
            "free space: docker builder prune, docker image prune",
        )
    return ImageError(f"{target.reference} could not be built", details, f"read {log}")
