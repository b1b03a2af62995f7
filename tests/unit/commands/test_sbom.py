from __future__ import annotations

from pathlib import PurePosixPath

import pytest

from regalloc.commands.sbom import write_sboms
from regalloc.errors import EngineError, ImageError
from tests.tiny_images import tiny_image
from tests.unit.images.stores import FakeStore


class Store(FakeStore):
    """Knows which image a file is read from."""

    def read_file(self, reference: str, path: PurePosixPath) -> bytes:
        return f"{reference} {path}".encode()


def test_the_bills_of_the_images_that_exist_are_written(run, tmp_path):
    run.engine.images = Store(tiny_image("llvm", [], "1-aaa"))
    assert write_sboms(run, tmp_path / "out") == [tmp_path / "out" / "llvm.spdx.json"]
    written = (tmp_path / "out" / "llvm.spdx.json").read_text()
    assert written == "regalloc-llvm:1-aaa /usr/share/regalloc/llvm.spdx.json"


def test_without_images_it_is_said_what_builds_them(run, tmp_path):
    run.engine.images = FakeStore()
    with pytest.raises(ImageError) as caught:
        write_sboms(run, tmp_path)
    assert caught.value.render() == (
        "error: none of the images exists\nwhat to do: run `invoke build-llvm` first"
    )


def test_an_engine_that_keeps_no_images_has_no_bills(run, tmp_path):
    with pytest.raises(EngineError) as caught:
        write_sboms(run, tmp_path)
    assert caught.value.render() == (
        "error: bills of materials are in images\nwhat to do: start docker"
    )
