import hashlib
import os
import tarfile

import pytest

from regalloc.errors import ProgramError
from regalloc.programs.reading import read_program
from regalloc.programs.source import lay_out
from tests.unit.programs.fakes import make_program

FILES = {"own-1/a.c": "a", "own-1/test/big": "big", "own-1/ext/b.c": "b", "own-1/ext/wasm/c": "c"}
TOML = """\
name = "own"
kind = "test"
build = [["true"]]
binaries = ["own"]
[package]
name = "own"
file = "own_1.orig.tar.gz"
sha256 = "{sha256}"
leave_out = ["test", "ext/wasm"]
[[workload]]
name = "one"
run = ["true"]
"""


@pytest.fixture
def tarballs(tmp_path):
    for name, text in FILES.items():
        (tmp_path / name).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / name).write_text(text)
    folder = tmp_path / "tarballs"
    folder.mkdir()
    with tarfile.open(folder / "own_1.orig.tar.gz", "w:gz") as archive:
        archive.add(tmp_path / "own-1", "own-1")
    return folder


def packaged(tmp_path, sha256):
    folder = tmp_path / "own"
    folder.mkdir()
    (folder / "program.toml").write_text(TOML.format(sha256=sha256))
    return read_program(folder)


def digest(path):
    return hashlib.sha256(path.read_bytes()).hexdigest()


def test_a_tarball_is_unpacked_without_its_top_and_what_is_left_out(tmp_path, tarballs):
    program = packaged(tmp_path, digest(tarballs / "own_1.orig.tar.gz"))
    lay_out(program, tarballs, tmp_path / "out")
    found = {
        path.relative_to(tmp_path / "out").as_posix(): path.read_text()
        for path in (tmp_path / "out").rglob("*")
        if path.is_file()
    }
    assert found == {"a.c": "a", "ext/b.c": "b"}


def test_files_belong_to_whoever_unpacks_them_and_keep_mode_and_date(tmp_path, monkeypatch):
    # Debian 12's Python, in the image, has no filters.
    monkeypatch.delattr(tarfile, "data_filter", raising=False)
    tarball = tmp_path / "own_1.orig.tar.gz"
    with tarfile.open(tarball, "w:gz") as archive:
        member = tarfile.TarInfo("own-1/configure")
        member.uid = member.gid = 1234
        member.mode, member.mtime = 0o755, 10**9
        archive.addfile(member)
    lay_out(packaged(tmp_path, digest(tarball)), tmp_path, tmp_path / "out")
    found = (tmp_path / "out" / "configure").stat()
    assert (found.st_uid, found.st_mode & 0o777, found.st_mtime) == (os.getuid(), 0o755, 10**9)


def test_a_tarball_without_a_folder_at_its_top_is_unpacked_as_it_is(tmp_path, tarballs):
    with tarfile.open(tarballs / "own_1.orig.tar.gz", "w:gz") as archive:
        archive.add(tmp_path / "own-1", ".")
    lay_out(packaged(tmp_path, digest(tarballs / "own_1.orig.tar.gz")), tarballs, tmp_path / "out")
    assert sorted(path.name for path in (tmp_path / "out").iterdir()) == ["a.c", "ext"]


def test_a_package_that_is_not_in_the_image_is_named(tmp_path):
    with pytest.raises(ProgramError) as caught:
        lay_out(packaged(tmp_path, "0" * 64), tmp_path, tmp_path / "out")
    assert caught.value.render() == (
        "error: own_1.orig.tar.gz of own is not in the image\n"
        f"{tmp_path}/own_1.orig.tar.gz: No such file or directory\n"
        "what to do: a program of your own names a `folder`; only those of configs/programs are "
        "fetched when the image is built"
    )


def test_another_tarball_is_refused_with_both_sums(tmp_path, tarballs):
    with pytest.raises(ProgramError) as caught:
        lay_out(packaged(tmp_path, "0" * 64), tarballs, tmp_path / "out")
    assert caught.value.brief == "own_1.orig.tar.gz is not the tarball that own names"
    assert digest(tarballs / "own_1.orig.tar.gz") in caught.value.details
    assert "0" * 64 in caught.value.details


def test_a_folder_is_copied_and_must_be_there(tmp_path):
    program = make_program(tmp_path, {"a.c": "echo a"})
    lay_out(program, tmp_path, tmp_path / "out")
    assert (tmp_path / "out" / "a.c").read_text() == "echo a\n"
    (program.folder / "src").rename(program.folder / "gone")
    with pytest.raises(ProgramError) as caught:
        lay_out(program, tmp_path, tmp_path / "out2")
    assert caught.value.render() == (
        f"error: fake has no source\n{program.folder}/src is no folder\n"
        f"what to do: correct `folder` in {program.folder}/program.toml"
    )


def test_a_link_out_of_the_programs_folder_is_no_source(tmp_path):
    program = make_program(tmp_path, {"a.c": "echo a"})
    (program.folder / "src").rename(tmp_path / "elsewhere")
    (program.folder / "src").symlink_to(tmp_path / "elsewhere")
    with pytest.raises(ProgramError) as caught:
        lay_out(program, tmp_path, tmp_path / "out")
    assert caught.value.details == f"{program.folder}/src lies outside of {program.folder}"
