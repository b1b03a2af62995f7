from __future__ import annotations

import hashlib
import os

import pytest

from regalloc.errors import DiskError
from regalloc.files import UNREADABLE, hash_file, read_json, write_json, write_whole


def test_a_file_is_hashed_by_its_content(tmp_path):
    (tmp_path / "a").write_bytes(b"content")
    assert hash_file(tmp_path / "a") == hashlib.sha256(b"content").hexdigest()


def test_a_file_takes_its_place_when_all_of_it_is_written(tmp_path):
    path = tmp_path / "a"
    path.write_bytes(b"old")
    with write_whole(path) as file:
        file.write(b"new")
        assert path.read_bytes() == b"old"
    assert path.read_bytes() == b"new"
    assert os.listdir(tmp_path) == ["a"]


def test_what_is_written_is_on_the_disk_before_it_takes_its_place(tmp_path, monkeypatch):
    calls = []

    def watch(name):
        call = getattr(os, name)

        def note(*args):
            calls.append(name)
            call(*args)

        monkeypatch.setattr(os, name, note)

    watch("fsync")
    watch("replace")
    with write_whole(tmp_path / "a") as file:
        file.write(b"new")
    assert calls == ["fsync", "replace", "fsync"]


def write_half(path, error):
    with write_whole(path) as file:
        file.write(b"half")
        raise error


@pytest.mark.parametrize("error", [KeyError("x"), KeyboardInterrupt()])
def test_what_is_not_written_to_its_end_takes_no_place(tmp_path, error):
    (tmp_path / "a").write_bytes(b"old")
    with pytest.raises(type(error)):
        write_half(tmp_path / "a", error)
    assert (tmp_path / "a").read_bytes() == b"old"
    assert os.listdir(tmp_path) == ["a"]


def test_a_file_that_cannot_be_written_leaves_the_old_one(tmp_path):
    path = tmp_path / "a"
    path.write_bytes(b"old")
    with pytest.raises(DiskError) as caught:
        write_half(path, OSError(28, "No space left on device"))
    assert caught.value.brief == f"{path} cannot be written"
    assert caught.value.details == "[Errno 28] No space left on device"
    assert path.read_bytes() == b"old"
    assert os.listdir(tmp_path) == ["a"]


def test_a_file_below_a_file_cannot_be_written(tmp_path):
    (tmp_path / "a").touch()
    with pytest.raises(DiskError, match="a/b cannot be written"), write_whole(tmp_path / "a" / "b"):
        pass


def test_json_keeps_names_that_are_not_utf8(tmp_path):
    content = {"ü\udc80": [0.1, None, 1e-300], "a": 1}
    write_json(tmp_path / "a", content)
    assert (tmp_path / "a").read_bytes() == (
        b'{\n "\\u00fc\\udc80": [\n  0.1,\n  null,\n  1e-300\n ],\n "a": 1\n}\n'
    )
    assert read_json(tmp_path / "a") == content
    write_json(tmp_path / "b", content, sort_keys=True)
    assert list(read_json(tmp_path / "b")) == ["a", "ü\udc80"]


def test_json_is_read_with_bytes_that_are_not_utf8(tmp_path):
    (tmp_path / "a").write_bytes(b'["\x80"]')
    assert read_json(tmp_path / "a") == ["\udc80"]


@pytest.mark.parametrize("content", [None, b"", b"\xff", b"[1]", b'{"x": {}}'])
def test_json_that_is_something_else_is_unreadable(tmp_path, content):
    if content is not None:
        (tmp_path / "a").write_bytes(content)
    with pytest.raises(UNREADABLE):
        read_json(tmp_path / "a")["x"].encode()
