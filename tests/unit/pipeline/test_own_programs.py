from __future__ import annotations

import os
from pathlib import Path

import pytest

from regalloc.errors import DiskError, OutputError, ProgramError
from regalloc.pipeline.own_programs import OwnPrograms, find_own_programs


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    path = tmp_path / "mine"
    (path / "src").mkdir(parents=True)
    (path / "program.toml").write_text('name = "mine"')
    (path / "src" / "a.c").write_text("int main;")
    return path


def test_no_program_is_no_digest():
    assert find_own_programs([]) == OwnPrograms((), "")


def test_the_digest_follows_every_file_and_the_order(folder, tmp_path):
    first = find_own_programs([str(folder)])
    assert (first.folders, first) == ((folder,), find_own_programs([f"{folder}/."]))
    (folder / "src" / "a.c").write_text("int main();")
    second = find_own_programs([str(folder)])
    assert second.digest != first.digest
    other = tmp_path / "other"
    folder.rename(other)
    assert find_own_programs([str(other)]).digest != second.digest


def test_copies_take_the_place_of_an_earlier_runs(folder, tmp_path):
    target = tmp_path / "run" / "own_programs"
    (target / "0-old").mkdir(parents=True)
    find_own_programs([str(folder)]).copy_to(target)
    assert os.listdir(target) == ["0-mine"]
    assert (target / "0-mine" / "src" / "a.c").read_text() == "int main;"
    find_own_programs([]).copy_to(target)
    assert not target.exists()


def test_a_folder_without_a_program_is_refused(tmp_path):
    with pytest.raises(ProgramError) as caught:
        find_own_programs([str(tmp_path)])
    assert caught.value.render() == (
        f"error: there is no program in {tmp_path}\nit has no program.toml\n"
        "what to do: name a folder with one; docs/programs.md says what it holds"
    )


def test_what_cannot_be_read_or_written_is_named(folder, tmp_path, monkeypatch):
    monkeypatch.setattr("regalloc.pipeline.outputs._hash", refuse)
    with pytest.raises(DiskError, match="cannot be read"):
        find_own_programs([str(folder)])
    (tmp_path / "file").write_text("")
    with pytest.raises(DiskError) as caught:
        OwnPrograms((folder,), "x").copy_to(tmp_path / "file" / "own_programs")
    assert caught.value.brief == f"{tmp_path}/file/own_programs cannot be written"


def refuse(name: str, above: int) -> str:
    raise PermissionError(13, "Permission denied", name)


def test_a_pipe_among_the_files_is_refused_and_not_opened(folder):
    os.mkfifo(folder / "src" / "pipe")
    with pytest.raises(OutputError) as caught:
        find_own_programs([str(folder)])
    assert caught.value.render() == (
        f"error: {folder} holds what no result may hold\n"
        "'src/pipe': it is neither a file nor a folder\n"
        "what to do: find out what wrote it before you use anything of it, and remove it from the "
        "folder"
    )
