"""A release in the hands of somebody who builds a program: a Debian 12 and no other compiler."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from regalloc.commands.machine import CHECKOUT, cache_folder
from regalloc.images.builders.buildkit import lend_secrets, run_build
from regalloc.images.builders.docker_client import find_client
from regalloc.images.tags import resolve_targets
from regalloc.profiles import load_profile
from tests.pipeline.page import RELEASE, set_path

DOCKERFILE = "tests/pipeline/workshop/Dockerfile"
OWN_CODE = Path(__file__).with_name("own_code")
INPUT = "typical.txt"


def build_workshop(stage: str) -> str:
    """Build a stage of the workshop's Dockerfile and return the image."""
    image = f"regalloc-test-{stage}"
    targets = resolve_targets(CHECKOUT, load_profile("tiny"), os.environ)
    cache = cache_folder(os.environ)
    argv = (
        *find_client(os.environ["PATH"]).build, f"--tag={image}", f"--target={stage}",
        f"--file={CHECKOUT / DOCKERFILE}", f"--build-arg=BASE={targets['base'].reference}",
        f"--build-arg=LLVM={targets['llvm'].reference}",
        *lend_secrets(os.environ, cache), str(CHECKOUT),
    )  # fmt: skip
    run_build(stage, argv, os.environ, cache / "logs" / f"test-{stage}.log")
    return image


@dataclass(frozen=True)
class Workshop:
    """Where a program is built.

    Attributes:
        image: what :func:`build_workshop` built.
        release: a release's folder.
    """

    image: str
    release: Path

    def run(self, folder: Path, script: str, *args: str) -> subprocess.CompletedProcess[str]:
        """Run lines of shell in a folder; the first that fails is the last."""
        argv = (
            "docker", "run", "--rm", "--init", "--network=none", "--workdir=/project",
            f"--user={os.getuid()}:{os.getgid()}", "--env=HOME=/tmp",
            f"--volume={self.release}:{RELEASE}:ro", f"--volume={folder}:/project",
            "--entrypoint=/bin/bash", self.image, "-euo", "pipefail", "-c", script, "-", *args,
        )  # fmt: skip
        return subprocess.run(argv, capture_output=True, text=True, check=False)


@dataclass(frozen=True)
class Project:
    """A copy of own_code, and where it is built.

    Attributes:
        folder: the copy, with an input for the program.
        workshop: where.
    """

    folder: Path
    workshop: Workshop

    @classmethod
    def create(cls, folder: Path, workshop: Workshop) -> Project:
        """Copy own_code into a new folder."""
        shutil.copytree(OWN_CODE, folder)
        (folder / INPUT).write_text("a line like most of them\n" * 1000, encoding="utf-8")
        return cls(folder, workshop)

    def run(self, script: str) -> subprocess.CompletedProcess[str]:
        """Run lines of shell in the folder."""
        return self.workshop.run(self.folder, set_path() + script)

    def succeed(self, script: str) -> subprocess.CompletedProcess[str]:
        """Run lines of shell; fail with what they print if one fails."""
        done = self.run(script)
        assert done.returncode == 0, done.stdout + done.stderr
        return done

    def searched(self) -> dict[str, Any]:
        """Return the last line of the search's log, `searched`, for each function."""
        lines = (self.folder / "searched").read_text(encoding="utf-8").splitlines()
        return {row["function"]: row for row in map(json.loads, lines)}
