"""BuildKit's own builds, of an image so small that it takes a second."""

from __future__ import annotations

import os
import shutil
import uuid
from dataclasses import replace

import pytest

from regalloc.commands.machine import CHECKOUT, cache_folder
from regalloc.images.builders.buildkit import DockerBuilder
from regalloc.images.builders.normalise import raw_name
from regalloc.images.tags import resolve_targets
from regalloc.profiles import load_profile
from tests.tiny_images import tiny_image

RECIPE = """\
ARG BASE
FROM ${BASE} AS final
SHELL ["/bin/bash", "-euo", "pipefail", "-c"]
ARG SOURCE_DATE_EPOCH
RUN --mount=type=bind,source=docker/scripts,target=/mnt \\
    --mount=type=bind,source=given,target=/media \\
    --mount=type=secret,id=apt,target=/etc/apt/sources.list.d/debian.sources \\
    cp -r /media /opt/given && date >/etc/made && echo same >/etc/made && /mnt/settle.sh
VOLUME /opt/given
"""


@pytest.fixture
def parent(store):
    """The base image, which has the shell and the places that a build mounts over."""
    base = resolve_targets(CHECKOUT, load_profile("quick"), os.environ)["base"]
    if store.look_up(base.reference) is None:
        DockerBuilder(CHECKOUT, cache_folder(os.environ), os.environ, store).build(base)
    return base


def test_two_builds_are_one_image_whenever_they_are_made(store, parent, tmp_path):
    name = f"test-child-{uuid.uuid4().hex[:8]}"
    child = replace(tiny_image(name, []).target, parent=parent.ref)
    recipe = tmp_path / "docker" / child.name / "Dockerfile"
    recipe.parent.mkdir(parents=True)
    recipe.write_text(RECIPE)
    shutil.copytree(CHECKOUT / "docker/scripts", tmp_path / "docker/scripts")
    given = tmp_path / "given" / "file"
    given.parent.mkdir()
    given.write_text("the same each time")
    builder = DockerBuilder(tmp_path, tmp_path / "cache", os.environ, store, no_cache=True)
    images = []
    try:
        for when in (1_800_000_000, 1_900_000_000):
            os.utime(given, (when, when))
            builder.build(child)
            images.append(store.look_up(child.reference))
            store.drop_name(child.reference)
    finally:
        store.drop_name(child.reference)
    assert images[0] == images[1]
    assert len(images[0].layers) == 2
    assert images[0].labels["regalloc.tag"] == child.tag
    assert store.look_up(raw_name(child)) is None
