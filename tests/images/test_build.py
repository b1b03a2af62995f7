"""BuildKit's own builds, of an image so small that it takes a second."""

from __future__ import annotations

import io
import os
import uuid
from dataclasses import replace

import pytest

from regalloc.images.builders.buildkit import DockerBuilder
from regalloc.images.builders.normalise import raw_name
from tests.tiny_images import docker_archive, layer_of, tiny_image


@pytest.fixture
def parent(store):
    image = tiny_image(f"test-base-{uuid.uuid4().hex[:8]}", [layer_of("base", os.urandom(1000))])
    store.load(io.BytesIO(docker_archive([image])), lambda event: None)
    yield image.target
    store.drop_name(image.target.reference)


def test_two_builds_are_one_image_whenever_they_are_made(store, parent, tmp_path):
    child = replace(tiny_image(f"{parent.name}-child", []).target, parent=parent.ref)
    recipe = tmp_path / "docker" / child.name / "Dockerfile"
    recipe.parent.mkdir(parents=True)
    recipe.write_text("ARG BASE\nFROM ${BASE}\nCOPY given /opt/given/\nVOLUME /opt/given\n")
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
