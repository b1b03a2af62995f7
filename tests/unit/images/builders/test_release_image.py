from __future__ import annotations

from dataclasses import replace
from pathlib import Path

from regalloc.engine.command import ImageRef
from regalloc.images.builders.docker_client import Client
from regalloc.images.builders.release_image import PackedRelease, release_argv
from regalloc.images.tags import Target
from regalloc.images.tree import TREE

ROWS = {row.name: row for row in TREE}
BASE = Target(ROWS["base"], "bookworm-b", (), None)
KIT = Target(ROWS["kit"], "19.1.7-k", (), ImageRef("trainer", "19.1.7-t"))
RELEASE = PackedRelease(BASE, KIT, "p", Path("/run/release"))


def test_a_release_is_named_by_version_kit_and_policy():
    name = RELEASE.image
    assert str(name).startswith("regalloc-release:19.1.7-")
    assert name == replace(RELEASE, folder=Path("/elsewhere")).image
    assert name != replace(RELEASE, policy="other").image
    assert name != replace(RELEASE, kit=replace(KIT, tag="19.1.7-l")).image


def test_release_argv_builds_from_the_folder_on_the_base():
    tag = RELEASE.image.tag
    argv = release_argv(Client(Path("/usr/bin/docker"), 20), Path("/src"), RELEASE)
    assert argv == (
        "/usr/bin/docker",
        "build",
        "--progress=plain",
        "--file=/src/docker/release/Dockerfile",
        f"--tag=regalloc-release:{tag}",
        "--build-arg=BASE=regalloc-base:bookworm-b",
        "--build-arg=SOURCE_DATE_EPOCH=1735689600",
        "--label=org.opencontainers.image.title=regalloc-release",
        "--label=org.opencontainers.image.description=clang with a trained eviction policy inside",
        "--label=org.opencontainers.image.version=0.1.0",
        f"--label=org.opencontainers.image.revision={tag}",
        f"--label=regalloc.tag={tag}",
        "--label=regalloc.llvm=19.1.7",
        "--label=regalloc.kit=19.1.7-k",
        "--label=regalloc.policy=p",
        "/run/release",
    )
