from __future__ import annotations

import hashlib
import os
import shutil
import socket
from pathlib import Path

import pytest

from regalloc.errors import DiskError, OutputError
from regalloc.pipeline import outputs
from regalloc.pipeline.outputs import Output, remove_tree, walk_outputs


def sha(text: str) -> str:
    return hashlib.sha256(text.encode()).hexdigest()


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    path = tmp_path / "corpus"
    (path / "lib").mkdir(parents=True)
    (path / "lib" / "a.o.bc").write_text("a")
    (path / "b").write_text("bb")
    return path


@pytest.fixture
def bomb(folder: Path) -> Path:
    """A folder with 3,000 others inside each other, which no path names."""
    here = os.open(folder, os.O_RDONLY)
    for _ in range(3000):
        os.mkdir("d", dir_fd=here)
        inner = os.open("d", os.O_RDONLY, dir_fd=here)
        os.close(here)
        here = inner
    os.close(here)
    return folder


def refused(folder: Path) -> str:
    with pytest.raises(OutputError) as caught:
        walk_outputs(folder)
    assert caught.value.brief == f"{folder} holds what no result may hold"
    return caught.value.details


def test_files_and_links_that_stay_inside_are_listed(folder):
    (folder / "lib" / "up").symlink_to("../b")
    (folder / "policy").symlink_to("lib")
    (folder / "events").mkdir()
    (folder / "events" / "log").write_text("x")
    assert walk_outputs(folder, unhashed=("events",)) == {
        "b": Output(2, sha("bb")),
        "lib/a.o.bc": Output(1, sha("a")),
        "lib/up": Output(4, sha("link:../b")),
        "policy": Output(3, sha("link:lib")),
    }
    assert walk_outputs(folder, hashed=False)["b"] == Output(2)


def test_a_name_that_is_not_utf8_is_a_name(folder):
    (folder / "caf\udce9").write_text("x")
    assert walk_outputs(folder)["caf\udce9"] == Output(1, sha("x"))


@pytest.mark.parametrize(
    "target",
    ["/etc/passwd", "..", "../..", "../corpus/b", "lib/../../x", "here/..", "lib/../b", "."],
)
def test_a_link_that_may_lead_elsewhere_is_refused(folder, target):
    (folder / "here").symlink_to("lib")
    (folder / "link").symlink_to(target)
    assert refused(folder) == f"'link': it is a link that leads elsewhere: {target!r}"


def test_what_is_neither_file_nor_folder_is_refused_and_not_opened(folder):
    os.mkfifo(folder / "lib" / "pipe")
    assert refused(folder) == "'lib/pipe': it is neither a file nor a folder"
    (folder / "lib" / "pipe").unlink()
    with socket.socket(socket.AF_UNIX) as server:
        server.bind(str(folder / "s"))
        assert refused(folder) == "'s': it is neither a file nor a folder"


def test_what_is_not_hashed_is_looked_at_as_well(folder):
    (folder / "events").mkdir()
    os.mkfifo(folder / "events" / "log")
    with pytest.raises(OutputError):
        walk_outputs(folder, unhashed=("events",))


@pytest.mark.parametrize("mode", [0o4755, 0o2755])
def test_a_file_that_gives_rights_is_refused(folder, mode):
    (folder / "b").chmod(mode)
    assert refused(folder) == "'b': whoever executes it gets another's rights (setuid)"


@pytest.mark.parametrize("name", ["a\x1b[31mb", "a\nb", "a\x7f", "a\x9b"])
def test_a_name_with_control_characters_is_refused_and_not_printed(folder, name):
    (folder / name).write_text("")
    assert refused(folder) == f"{name!r}: its name holds control characters"


def test_folders_without_end_are_refused_and_can_be_removed(bomb):
    assert refused(bomb).endswith("folders lie in each other more than 64 deep")
    remove_tree(bomb)
    assert not bomb.exists()


def test_too_many_and_too_large_files_are_refused(folder, monkeypatch):
    with (folder / "b").open("wb") as file:
        file.truncate(outputs.FILE_BYTES + 1)
    assert refused(folder) == f"'b': it has more than {outputs.FILE_BYTES} bytes"
    monkeypatch.setattr(outputs, "COUNT", 2)
    (folder / "b").unlink()
    (folder / "c").touch()
    assert refused(folder) == "'.': there are more than 2 files in it"


def test_a_folder_that_is_a_link_or_gone_is_an_error(folder, tmp_path):
    (tmp_path / "link").symlink_to(folder)
    with pytest.raises(OutputError):
        walk_outputs(tmp_path / "link")
    with pytest.raises(DiskError):
        walk_outputs(tmp_path / "gone")


def test_a_pipe_that_takes_a_files_place_is_not_waited_for(folder, monkeypatch):
    hash_file = outputs._hash

    def swapped(name: str, above: int) -> str:
        os.unlink(name, dir_fd=above)
        os.mkfifo(name, dir_fd=above)
        return hash_file(name, above)

    monkeypatch.setattr(outputs, "_hash", swapped)
    assert walk_outputs(folder)["b"].sha256 == sha("")


def test_removing_follows_no_link_and_opens_what_is_locked(folder, tmp_path):
    other = tmp_path / "other"
    shutil.copytree(folder, other)
    (folder / "link").symlink_to(other)
    (folder / "lib" / "link").symlink_to(other)
    (folder / "1").mkdir()
    (folder / "lib" / "deep" / "1").mkdir(parents=True)
    (folder / "lib" / "deep").chmod(0)
    (folder / "lib").chmod(0)
    remove_tree(folder)
    remove_tree(folder)
    assert not folder.exists()
    assert sorted(os.listdir(other)) == ["b", "lib"]


def test_a_link_is_no_tree(folder, tmp_path):
    (tmp_path / "link").symlink_to(folder)
    with pytest.raises(OSError, match="link"):
        remove_tree(tmp_path / "link")
    assert sorted(os.listdir(folder)) == ["b", "lib"]
