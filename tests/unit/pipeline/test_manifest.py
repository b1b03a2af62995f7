from __future__ import annotations

import hashlib
import os
import shutil

import pytest

from regalloc.errors import DiskError, ManifestError
from regalloc.pipeline.manifest import (
    Manifest,
    digest_writes,
    find_damage,
    hash_outputs,
    look_at_outputs,
    read_manifest,
    read_started,
    record_of,
    write_manifest,
    write_started,
)


def sha(text: str) -> str:
    return hashlib.sha256(text.encode()).hexdigest()


def manifest(**changes: object) -> Manifest:
    values = {
        "stage": "vocab", "key": "k", "images": {}, "image_ids": {}, "engine": "e", "argv": (),
        "gin": "", "versions": {}, "seed": 0, "reads": {}, "writes": {"a": sha("1")},
        "sizes": {"a": 1}, "duration_s": 1.5, "created": "now",
    }  # fmt: skip
    return Manifest(**{**values, **changes})


def test_hash_outputs_takes_files_and_links_but_no_marks(tmp_path):
    (tmp_path / "policies" / "6").mkdir(parents=True)
    (tmp_path / "policies" / "6" / "model").write_text("m")
    (tmp_path / "events").mkdir()
    (tmp_path / "events" / "log").write_text("time")
    (tmp_path / "saved_policy").symlink_to("policies/6")
    write_started(tmp_path, "k")
    write_manifest(tmp_path, manifest())
    assert hash_outputs(tmp_path) == {
        "policies/6/model": sha("m"),
        "saved_policy": sha("link:policies/6"),
    }
    sizes = {path: output.size for path, output in look_at_outputs(tmp_path).items()}
    assert sizes == {"policies/6/model": 1, "saved_policy": 10}


def test_manifest_comes_back_as_it_was_written(tmp_path):
    write_manifest(tmp_path, manifest())
    write_started(tmp_path, "k")
    assert read_manifest(tmp_path) == manifest()
    assert read_started(tmp_path) == "k"
    records = tmp_path.parent / "records" / tmp_path.name
    assert (sorted(os.listdir(records)), os.listdir(tmp_path)) == (
        ["manifest.json", "started.json"], [],
    )  # fmt: skip


def test_manifest_of_an_empty_folder_is_none(tmp_path):
    assert (read_manifest(tmp_path), read_started(tmp_path)) == (None, None)


@pytest.mark.parametrize(
    "text", [b"", b"[]", b'{"key": 1}', b'{"key": "k", "more": 1}', b"\0", b'{"key": "\xff"}']
)
def test_a_mark_that_does_not_parse_names_the_file(tmp_path, text):
    path = record_of(tmp_path, "started.json")
    path.parent.mkdir(parents=True)
    path.write_bytes(text)
    with pytest.raises(ManifestError, match=str(path)):
        read_started(tmp_path)


def test_a_manifest_that_cannot_be_written_leaves_none(tmp_path, monkeypatch):
    def full(fd: int) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(os, "fsync", full)
    with pytest.raises(DiskError) as caught:
        write_manifest(tmp_path, manifest())
    assert caught.value.details == "[Errno 28] No space left on device"
    assert os.listdir(tmp_path) == []


@pytest.mark.parametrize(
    ("content", "rehash", "damage"),
    [
        (None, False, "output file a is missing"),
        ("1", True, ""),
        ("12", False, "output file a was changed"),
        ("2", False, "output file a was changed"),
        ("2", True, "output file a was changed"),
    ],
)
def test_find_damage_says_what_is_wrong(tmp_path, content, rehash, damage):
    if content is not None:
        (tmp_path / "a").write_text(content)
    assert find_damage(tmp_path, manifest(), rehash) == damage


def test_what_was_added_and_what_no_result_may_hold_is_damage(tmp_path):
    (tmp_path / "a").write_text("1")
    (tmp_path / "b").write_text("")
    assert find_damage(tmp_path, manifest()) == "file b was added"
    (tmp_path / "b").unlink()
    os.mkfifo(tmp_path / "b")
    assert find_damage(tmp_path, manifest()) == (
        f"{tmp_path} holds what no result may hold: 'b': it is neither a file nor a folder"
    )
    shutil.rmtree(tmp_path)
    assert find_damage(tmp_path, manifest()) == "its folder is missing"


def test_what_a_stage_writes_for_a_record_is_none(tmp_path):
    (tmp_path / "manifest.json").symlink_to("/etc/hostname")
    (tmp_path / "manifest.json.partial").symlink_to(tmp_path.parent / "victim")
    assert read_manifest(tmp_path) is None
    write_manifest(tmp_path, manifest())
    assert not (tmp_path.parent / "victim").exists()


def test_digest_does_not_depend_on_order():
    assert digest_writes({"a": "1", "b": "2"}) == digest_writes({"b": "2", "a": "1"})
    assert digest_writes({"a": "1"}) != digest_writes({"a": "2"})
