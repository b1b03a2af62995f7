"""The base image: bootstrapped twice it is the same, and it is small."""

from __future__ import annotations

import os
import shutil
from pathlib import Path

import pytest

from regalloc.commands.machine import CHECKOUT
from regalloc.images.builders.root_filesystem import bootstrap, debian_sources
from regalloc.images.tags import resolve_targets
from regalloc.profiles import load_profile
from tests.engines import docker_engine

LIMIT_BYTES = 200 * 1000**2


# Without an engine; with one, a base that is built twice shows it (tests/pipeline/test_verify.py).
@pytest.mark.skipif(docker_engine() is not None, reason="THE BASE IMAGE IS BUILT TWICE INSTEAD")
@pytest.mark.skipif(not shutil.which("mmdebstrap"), reason="MMDEBSTRAP IS NOT INSTALLED")
def test_two_bootstraps_give_the_same_bytes(tmp_path):
    sources = debian_sources(Path("/etc/apt"))
    hashes = [
        (bootstrap(tmp_path / name, sources) / "rootfs.sha256").read_text()
        for name in ("one", "two")
    ]
    assert hashes[0] == hashes[1]


def test_base_image_is_small_and_says_where_it_is_from():
    engine = docker_engine()
    base = resolve_targets(CHECKOUT, load_profile("quick"), os.environ)["base"].ref
    if engine is None or engine.image_id(base) is None:
        pytest.skip("THERE IS NO BASE IMAGE TO LOOK AT")
    import docker

    client = docker.from_env()
    attrs = client.images.get(str(base)).attrs
    client.close()
    assert attrs["Size"] < LIMIT_BYTES
    labels = attrs["Config"]["Labels"]
    assert labels["regalloc.tag"] == base.tag
    assert labels["regalloc.base"].split()[0] in ("bootstrapped", "pulled", "BASE_IMAGE")
