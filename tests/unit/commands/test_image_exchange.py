from __future__ import annotations

import pytest

from regalloc.commands import image_exchange
from regalloc.errors import EngineError


@pytest.mark.parametrize(
    "move",
    [
        lambda run, path: image_exchange.push(run, "localhost:5000"),
        lambda run, path: image_exchange.pull(run, "localhost:5000"),
        image_exchange.save,
        image_exchange.load,
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
