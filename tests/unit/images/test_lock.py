from __future__ import annotations

from pathlib import Path

import pytest

from regalloc.errors import ImageError
from regalloc.images.lock import (
    LOCK,
    check_base,
    collect_entries,
    compare_locks,
    format_lock,
    read_lock,
)

CHECKOUT = Path(__file__).parents[3]
ENTRIES = {
    ("base", "bootstrap"): "sha256:aa",
    ("package", "zlib1g"): "1:1.2.13",
    ("source", "llvm"): "1:15 sha256:bb",
}


def checkout(tmp_path: Path, text: str) -> Path:
    (tmp_path / LOCK).parent.mkdir()
    (tmp_path / LOCK).write_text(text)
    return tmp_path


def test_a_lock_survives_writing_and_reading(tmp_path):
    text = format_lock(ENTRIES)
    assert read_lock(checkout(tmp_path, text)) == ENTRIES
    assert [line for line in text.splitlines() if line[0] != "#"] == [
        "base bootstrap sha256:aa", "package zlib1g 1:1.2.13", "source llvm 1:15 sha256:bb",
    ]  # fmt: skip
    assert "invoke lock" in text.splitlines()[1]


@pytest.mark.parametrize(
    "line", ["package zlib1g", "nonsense a b", "package a 1\npackage a 2", "package  1"]
)
def test_a_damaged_line_is_named(tmp_path, line):
    with pytest.raises(ImageError, match=r"docker/images\.lock is damaged") as caught:
        read_lock(checkout(tmp_path, f"# remark\n{line}\n"))
    assert line.splitlines()[-1] in caught.value.details


def test_a_missing_lock_says_how_to_get_it_back(tmp_path):
    with pytest.raises(ImageError) as caught:
        read_lock(tmp_path)
    assert caught.value.resolution == "restore it: git checkout docker/images.lock"


def test_the_difference_names_what_came_went_and_changed():
    after = {("base", "bootstrap"): "sha256:cc", ("package", "zlib1g"): "1:1.2.13",
             ("package", "new"): "2"}  # fmt: skip
    assert list(compare_locks(ENTRIES, after)) == [
        "  base bootstrap sha256:aa -> sha256:cc",
        "+ package new 2",
        "- source llvm 1:15 sha256:bb",
    ]


def test_another_root_file_system_than_the_locked_one_is_refused(tmp_path):
    root = checkout(tmp_path, format_lock(ENTRIES))
    check_base(root, "aa")
    with pytest.raises(ImageError) as caught:
        check_base(root, "cc")
    assert caught.value.details == "locked sha256:aa\nmade   sha256:cc"


def test_the_committed_lock_agrees_with_the_releases_and_the_wheels():
    locked = read_lock(CHECKOUT)
    there = collect_entries(CHECKOUT, "", "")
    for (kind, name), value in there.items():
        if kind != "base":
            assert locked[kind, name] == value
    assert {kind for kind, _ in locked} == {"base", "package", "source", "wheel", "wheels"}
    assert {name for kind, name in locked if kind == "wheel"} == {
        name for kind, name in there if kind == "wheel"
    }
