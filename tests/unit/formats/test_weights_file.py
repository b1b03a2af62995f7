from __future__ import annotations

import json

import numpy as np
import pytest

from regalloc.errors import PolicyError
from regalloc.formats.weights_file import ALIGNMENT, PRELUDE, WeightsFile, pack, unpack

FIELDS = {"kind": "greedy", "seed": -5}
ARRAYS = {
    "a": np.arange(3, dtype=np.float32),
    "b": np.array([[1.5, -2.5]]),
    "c": np.array([7], np.int32),
}


def test_unpack_gives_what_was_packed():
    file = unpack(pack(WeightsFile(FIELDS, ARRAYS)))
    assert file.fields == FIELDS
    assert list(file.arrays) == list(ARRAYS)
    for name, array in ARRAYS.items():
        assert (file.arrays[name].dtype, file.arrays[name].tolist()) == (
            array.dtype,
            array.tolist(),
        )


def test_bytes_are_those_of_the_format():
    content = pack(WeightsFile({"kind": "greedy"}, {"c": ARRAYS["c"]}))
    magic, version, _, size = PRELUDE.unpack_from(content)
    assert (magic, version, PRELUDE.size + size) == (b"REGALLOC", 1, 2 * ALIGNMENT)
    assert json.loads(content[PRELUDE.size : PRELUDE.size + size]) == {
        "kind": "greedy",
        "arrays": {"c": {"type": "int32_t", "shape": [1], "offset": 0}},
    }
    assert content[2 * ALIGNMENT :] == b"\7\0\0\0".ljust(ALIGNMENT, b"\0")


def test_arrays_are_aligned():
    content = pack(WeightsFile(FIELDS, ARRAYS))
    size = PRELUDE.unpack_from(content)[3]
    table = json.loads(content[PRELUDE.size : PRELUDE.size + size])["arrays"]
    assert (PRELUDE.size + size) % ALIGNMENT == 0
    assert [entry["offset"] for entry in table.values()] == [0, 64, 128]


def test_no_other_type_is_written():
    with pytest.raises(KeyError):
        pack(WeightsFile({}, {"a": np.zeros(1, np.int64)}))


CUT = "it is cut off or altered: its checksum is wrong"


@pytest.mark.parametrize(
    ("damage", "details"),
    [
        (lambda c: b"", "it does not begin as a weights file does"),
        (lambda c: b"PK" + c[2:], "it does not begin as a weights file does"),
        (lambda c: c[:8] + b"\2" + c[9:], "it is of version 2, and this is for version 1"),
        (lambda c: c[:-1], CUT),
        (lambda c: c[:-1] + b"\1", CUT),
        (
            lambda c: c[:16] + b"\xff" * 8 + c[24:],
            "it is cut off or altered: its checksum is wrong",
        ),
    ],
    ids=["empty", "magic", "version", "cut", "altered", "size"],
)
def test_damaged_file_is_refused(damage, details):
    content = pack(WeightsFile(FIELDS, ARRAYS))
    with pytest.raises(PolicyError) as caught:
        unpack(damage(content))
    assert caught.value.render() == (
        f"error: a weights file cannot be used\n{details}\nwhat to do: export the policy again"
    )
