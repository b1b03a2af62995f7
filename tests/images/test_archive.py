"""The image set as a file, with a real engine: what it takes back is what it gave."""

from __future__ import annotations

import io
import os
import uuid
from collections.abc import Iterator

import pytest

from regalloc.errors import EngineError, ImageError
from regalloc.images.transfer.archive import load_set, save_set
from tests.tiny_images import TinyImage, docker_archive, layer_of, tiny_image


@pytest.fixture
def images(store) -> Iterator[tuple[TinyImage, ...]]:
    unique = uuid.uuid4().hex[:8]
    base = tiny_image(f"test-base-{unique}", [layer_of("base", os.urandom(50_000))])
    more = layer_of("more", os.urandom(50_000))
    both = (base, tiny_image(f"test-child-{unique}", [*base.layers, more]))
    store.load(io.BytesIO(docker_archive(both)), lambda event: None)
    yield both
    remove(store, both)


def remove(store, images):
    for image in images:
        store.drop_name(image.target.reference)


def targets(images):
    return tuple(image.target for image in images)


def test_images_that_were_saved_and_removed_come_back_the_same(store, images, tmp_path):
    path = tmp_path / "set.tar"
    save_set(targets(images), path, store, print)
    # The layer that both have is in it once.
    assert path.stat().st_size < sum(len(layer) for image in images for layer in image.layers)
    remove(store, images)
    assert [store.look_up(image.target.reference) for image in images] == [None, None]
    references = tuple(image.target.reference for image in images)
    assert load_set(path, store, print) == references
    assert [store.look_up(name) for name in references] == [image.stored for image in images]


def test_saving_twice_gives_the_same_bytes(store, images, tmp_path):
    paths = (tmp_path / "one.tar", tmp_path / "two.tar")
    save_set(targets(images), paths[0], store, print)
    remove(store, images)
    load_set(paths[0], store, print)
    save_set(targets(images), paths[1], store, print)
    assert paths[0].read_bytes() == paths[1].read_bytes()


def test_docker_itself_loads_the_archive(store, images, tmp_path):
    path = tmp_path / "set.tar"
    save_set(targets(images), path, store, print)
    remove(store, images)
    with path.open("rb") as file:
        store.load(file, lambda event: None)
    assert store.look_up(images[1].target.reference) == images[1].stored


def test_a_damaged_archive_brings_nothing(store, images, tmp_path):
    path = tmp_path / "set.tar"
    save_set(targets(images), path, store, print)
    remove(store, images)
    damaged = bytearray(path.read_bytes())
    damaged[len(damaged) // 2] ^= 1
    path.write_bytes(damaged)
    with pytest.raises(ImageError, match="nothing was loaded"):
        load_set(path, store, print)
    assert [store.look_up(image.target.reference) for image in images] == [None, None]


def test_what_docker_cannot_read_is_refused_in_words(store):
    with pytest.raises(ImageError) as caught:
        store.load(io.BytesIO(b"no archive" * 1000), lambda event: None)
    assert caught.value.brief == "docker refuses the archive"


def test_saving_an_image_that_vanished_is_an_engine_error(store):
    with pytest.raises(EngineError), store.save(("regalloc-test-none:1",)):
        pass
