from __future__ import annotations

import os
import shutil
from pathlib import Path

import pytest

from regalloc.commands.release_export import check_target, export
from regalloc.errors import ConfigError, DiskError
from regalloc.pipeline.manifest import Manifest, export_manifest, read_manifest, write_manifest


def make_release(folder: Path, text: str = "tools", stage: str = "release") -> Path:
    (folder / "bin").mkdir(parents=True)
    (folder / "bin" / "clang-19").write_text(text)
    (folder / "bin" / "clang").symlink_to("clang-19")
    manifest = Manifest(
        stage=stage, key="k", images={}, image_ids={}, engine="fake", argv=(), gin="", versions={},
        seed=0, reads={}, writes={}, sizes={}, duration_s=1.0, created="",
    )  # fmt: skip
    write_manifest(folder, manifest)
    return folder


def make_export(folder: Path, text: str = "tools", stage: str = "release") -> Path:
    make_release(folder, text, stage)
    exported = read_manifest(folder)
    assert exported is not None
    export_manifest(exported, folder)
    shutil.rmtree(folder.parent / "records")
    return folder


@pytest.mark.parametrize("there", ["nothing", "empty"])
def test_export_copies_files_and_links(tmp_path, there):
    target = tmp_path / "deep" / "clang"
    if there == "empty":
        target.mkdir(parents=True)
    release = make_release(tmp_path / "release")
    export(release, target)
    assert sorted(os.listdir(target)) == ["bin", "manifest.json"]
    assert (target / "bin" / "clang-19").read_text() == "tools"
    assert (target / "bin" / "clang").readlink() == Path("clang-19")
    assert os.listdir(target.parent) == ["clang"]


def test_export_replaces_an_earlier_one_whole(tmp_path):
    target = make_export(tmp_path / "out" / "clang", "old")
    (target / "left").write_text("x")
    export(make_release(tmp_path / "release", "new"), target)
    assert (target / "bin" / "clang").read_text() == "new"
    assert not (target / "left").exists()
    assert os.listdir(target.parent) == ["clang"]


@pytest.mark.parametrize("what", ["files", "another stage", "damaged manifest", "a file"])
def test_a_folder_that_holds_something_else_is_refused(tmp_path, what):
    target = tmp_path / "out"
    match what:
        case "a file":
            target.write_text("x")
        case "another stage":
            make_export(target, stage="vocab")
        case _:
            target.mkdir()
            (target / ("manifest.json" if what == "damaged manifest" else "x")).write_text("{")
    before = sorted(tmp_path.rglob("*"))
    with pytest.raises(ConfigError) as caught:
        check_target(target)
    assert caught.value.render() == (
        f"error: {target} is there and is no earlier export\n"
        "nothing is written over it\n"
        "what to do: name a new or an empty folder with --export"
    )
    with pytest.raises(ConfigError):
        export(make_release(tmp_path / "release"), target)
    assert [path for path in before if not path.exists()] == []


def test_a_folder_that_cannot_be_written_is_an_error_and_leaves_nothing(tmp_path):
    (tmp_path / "file").write_text("x")
    target = tmp_path / "file" / "out"
    with pytest.raises(DiskError) as caught:
        export(make_release(tmp_path / "release"), target)
    first, details, last = caught.value.render().splitlines()
    assert first == f"error: the release cannot be written to {target}"
    assert "Not a directory" in details or "File exists" in details
    assert last == (
        "what to do: name a folder that you may write with --export, on a disk with space"
    )


def test_a_failed_export_leaves_the_earlier_one(tmp_path, monkeypatch):
    target = make_export(tmp_path / "out" / "clang", "old")

    def fail(*args: object, **options: object) -> None:
        raise OSError(28, "No space left on device")

    release = make_release(tmp_path / "release", "new")
    monkeypatch.setattr("regalloc.commands.release_export.shutil.copytree", fail)
    with pytest.raises(DiskError):
        export(release, target)
    assert (target / "bin" / "clang").read_text() == "old"
    assert os.listdir(target.parent) == ["clang"]
