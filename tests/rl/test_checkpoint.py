from __future__ import annotations

import numpy as np
import pytest

from regalloc.errors import ManifestError
from regalloc.formats.checkpoint import Checkpoint, load_checkpoint, save_checkpoint


def test_checkpoint_comes_back_whole_and_writes_the_same_bytes(tmp_path):
    arrays = {"a/b": np.arange(3, dtype=np.float32), "n": np.array(7)}
    meta = {"x": [0.1, None, {"y": 1e-300}], "name": "\udc80"}
    contents = []
    for name in ("one", "two"):
        save_checkpoint(tmp_path / name, Checkpoint(arrays, meta))
        contents.append((tmp_path / name / "state.npz").read_bytes())
    assert contents[0] == contents[1]
    loaded = load_checkpoint(tmp_path / "one")
    assert loaded is not None
    assert loaded.meta == meta
    for name, value in arrays.items():
        np.testing.assert_array_equal(loaded.arrays[name], value)


def test_no_checkpoint_is_none(tmp_path):
    assert load_checkpoint(tmp_path) is None


@pytest.mark.parametrize("content", [b"", b"PK\x03\x04 cut", b"nonsense"])
def test_checkpoint_that_does_not_parse_is_explained(tmp_path, content):
    (tmp_path / "state.npz").write_bytes(content)
    with pytest.raises(ManifestError) as caught:
        load_checkpoint(tmp_path)
    assert caught.value.brief == f"the checkpoint {tmp_path / 'state.npz'} cannot be used"
    assert caught.value.resolution == (
        f"remove {tmp_path} to train from the warm start, or restore it from a backup"
    )
    assert caught.value.details
