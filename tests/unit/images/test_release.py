from __future__ import annotations

from dataclasses import replace
from pathlib import Path

from regalloc.images.client import Client
from regalloc.images.release import release_argv, release_labels, release_reference
from regalloc.images.tree import TREE, Target

ROWS = {row.name: row for row in TREE}
BASE = Target(ROWS["base"], "bookworm-b", (), None)
KIT = Target(ROWS["kit"], "19.1.7-k", (), "regalloc-trainer:19.1.7-t")


def test_a_release_is_named_by_version_kit_and_policy():
    name = release_reference(KIT, "policy")
    assert name.startswith("regalloc-release:19.1.7-")
    assert name == release_reference(KIT, "policy")
    assert name != release_reference(KIT, "other")
    assert name != release_reference(replace(KIT, tag="19.1.7-l"), "policy")


def test_release_argv_builds_from_the_folder_on_the_base():
    reference = release_reference(KIT, "p")
    tag = reference.rpartition(":")[2]
    labels = release_labels(reference, KIT, "p")
    client = Client(Path("/usr/bin/docker"), 20)
    argv = release_argv(client, Path("/src"), BASE, Path("/run/release"), labels)
    assert argv == (
        "/usr/bin/docker",
        "build",
        "--progress=plain",
        "--file=/src/docker/release/Dockerfile",
        f"--tag={reference}",
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
