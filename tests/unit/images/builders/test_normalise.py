from __future__ import annotations

import json
from dataclasses import replace

import pytest

from regalloc.errors import DiskError, ImageError
from regalloc.images.builders.normalise import normalise, raw_name
from tests.tiny_images import layer_of, sha256, tiny_image
from tests.unit.images.stores import TakingStore

EPOCH = 1_000_000
PARENT = tiny_image("base", [layer_of("base", b"b")])
TARGET = replace(tiny_image("child", []).target, parent=PARENT.target.reference)


def built(created: str, content: bytes = b"x", *, knows_layers: bool = True) -> TakingStore:
    """Return an engine with a build under its raw name."""
    layers = [*PARENT.layers, layer_of("opt", content)]
    image = tiny_image("child", layers, tag=f"{TARGET.tag}-raw")
    return TakingStore(PARENT, replace(image, created=created), knows_layers=knows_layers)


def normalised(tmp_path, created: str = "2026-01-01T00:00:00Z", **given) -> TakingStore:
    engine = built(created, **given)
    normalise(TARGET, engine, EPOCH, tmp_path)
    assert list(tmp_path.iterdir()) == []
    return engine


def test_builds_of_other_times_become_the_same_image(tmp_path):
    early = normalised(tmp_path, "2026-01-01T00:00:00.123Z")
    late = normalised(tmp_path, "2026-02-02T00:00:00.456Z")
    assert early.look_up(TARGET.reference) == late.look_up(TARGET.reference)
    assert early.look_up(raw_name(TARGET)) is None
    other = normalised(tmp_path, content=b"y")
    assert early.look_up(TARGET.reference) != other.look_up(TARGET.reference)


def test_no_other_time_is_left_in_the_configuration(tmp_path):
    engine = normalised(tmp_path)
    (entry,) = json.loads(engine.files["manifest.json"])
    config = json.loads(engine.files[entry["Config"]])
    assert config["created"] == "1970-01-12T13:46:40Z"
    assert {step["created"] for step in config["history"]} == {config["created"]}


def test_layers_and_labels_stay(tmp_path):
    image = normalised(tmp_path).look_up(TARGET.reference)
    assert image.layers == (sha256(PARENT.layers[0]), sha256(layer_of("opt", b"x")))
    assert image.labels["org.opencontainers.image.title"] == "regalloc-child"


def test_an_engine_that_knows_its_layers_is_not_given_them_again(tmp_path):
    assert not [name for name in normalised(tmp_path).files if name == layer_path()]


def test_an_engine_that_wants_its_layers_again_makes_the_same_image(tmp_path):
    known, given = (normalised(tmp_path, knows_layers=knows) for knows in (True, False))
    assert given.files[layer_path()] == layer_of("opt", b"x")
    assert known.look_up(TARGET.reference) == given.look_up(TARGET.reference)


def layer_path() -> str:
    return f"blobs/{sha256(layer_of('opt', b'x')).replace(':', '/')}"


def test_an_engine_that_takes_nothing_in_is_an_error(tmp_path):
    engine = built("2026-01-01T00:00:00Z")
    engine.load = lambda archive, watch: None
    with pytest.raises(ImageError, match="docker did not take regalloc-child:1-a in"):
        normalise(TARGET, engine, EPOCH, tmp_path)
    assert engine.look_up(raw_name(TARGET)) is not None


def test_a_scratch_folder_that_cannot_be_written_is_a_disk_error(tmp_path):
    engine = built("2026-01-01T00:00:00Z", knows_layers=False)
    with pytest.raises(DiskError, match="regalloc-child:1-a could not be written"):
        normalise(TARGET, engine, EPOCH, tmp_path / "missing")
