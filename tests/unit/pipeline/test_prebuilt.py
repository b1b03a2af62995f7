from __future__ import annotations

import pytest

from regalloc.errors import EngineError
from regalloc.pipeline import prebuilt


@pytest.mark.parametrize(
    "move",
    [
        lambda run, path: prebuilt.push(run, "localhost:5000"),
        lambda run, path: prebuilt.pull(run, "localhost:5000"),
        prebuilt.save,
        prebuilt.load,
    ],
)
def test_an_engine_that_keeps_no_images_moves_none(run, tmp_path, move):
    with pytest.raises(EngineError) as caught:
        move(run, tmp_path / "images.tar")
    assert caught.value.render() == (
        "error: images are moved by docker, and there is none here\n"
        "engine: fake engine 1\nwhat to do: start docker, or use --engine=docker"
    )
    assert not (tmp_path / "images.tar").exists()
