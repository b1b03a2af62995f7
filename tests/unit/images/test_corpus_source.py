from __future__ import annotations

import json
import shutil

import pytest

from regalloc.errors import ConfigError, CorpusError
from regalloc.images.corpus_source import (
    DebCorpus,
    FolderCorpus,
    LlvmCorpus,
    corpus_args,
    find_source,
    parse_corpus_from,
    read_folder,
)
from regalloc.settings import Corpus

CORPUS = Corpus(
    targets=("a", "b"),
    projects=("clang",),
    cmd_filter="",
    min_extracted=0.8,
    held_out_fraction=0.2,
)
BUILD = (
    "build it with the toolchain's clang and -Xclang -fembed-bitcode=all, "
    "and have the build write a compilation database"
)


def build(folder, objects, directory=None):
    """Make a build: its objects hold their own names."""
    entries = []
    for name in objects:
        path = folder / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(name)
        entries.append({"directory": str(directory or folder), "file": "x.c", "output": name})
    write(folder, entries)
    return folder


def write(folder, entries):
    folder.mkdir(parents=True, exist_ok=True)
    (folder / "compile_commands.json").write_text(json.dumps(entries))


@pytest.mark.parametrize(
    ("text", "source"),
    [
        ("", LlvmCorpus()),
        ("llvm", LlvmCorpus()),
        ("deb:zlib", DebCorpus("zlib", None)),
        ("deb:lua5.4=5.4.4-3+deb12u1", DebCorpus("lua5.4", "5.4.4-3+deb12u1")),
        ("deb:zlib=1:1.2.13.dfsg-1~x", DebCorpus("zlib", "1:1.2.13.dfsg-1~x")),
    ],
)
def test_packages_and_nothing_are_recognised(text, source):
    assert parse_corpus_from(text) == source


@pytest.mark.parametrize(
    ("text", "reason"),
    [
        ("deb:", "'' is no name of a Debian source package"),
        ("deb:Zlib", "'Zlib' is no name of a Debian source package"),
        ("deb:z;reboot", "'z;reboot' is no name of a Debian source package"),
        ("deb:zlib=", "'' is no version of a Debian package"),
        ("deb:zlib=1 2", "'1 2' is no version of a Debian package"),
        ("deb:zlib=$(x)", "'$(x)' is no version of a Debian package"),
    ],
)
def test_what_is_no_package_is_refused(text, reason):
    with pytest.raises(ConfigError) as caught:
        parse_corpus_from(text)
    assert caught.value.render() == (
        f"error: --corpus-from={text} cannot be used\n{reason}\n"
        "what to do: name a source package, --corpus-from=deb:NAME or deb:NAME=VERSION, or a folder"
    )


@pytest.mark.parametrize(
    ("source", "args"),
    [
        (LlvmCorpus(), ("llvm", "a;b", "clang", "", "")),
        (LlvmCorpus(pgo=True), ("llvm", "a;b", "clang", "", "1")),
        (DebCorpus("zlib", None), ("deb", "", "", "zlib", "")),
        (DebCorpus("zlib", "1", pgo=True), ("deb", "", "", "zlib=1", "1")),
        (FolderCorpus(None, "0", 1), ("", "", "", "", "")),
        (None, ("", "", "", "", "")),
    ],
)
def test_build_arguments_name_nothing_that_does_not_apply(source, args):
    names = ("CORPUS_KIND", "CORPUS_TARGETS", "CORPUS_PROJECTS", "CORPUS_PACKAGE", "CORPUS_PGO")
    assert corpus_args(source, CORPUS) == dict(zip(names, args, strict=True))


def test_a_folder_is_read_where_it_lies(tmp_path, monkeypatch):
    folder = build(tmp_path / "build", ["b.o", "lib/a.o"])
    monkeypatch.chdir(tmp_path)
    source = parse_corpus_from("build")
    assert (source.path, source.objects) == (folder, 2)
    assert source == read_folder(folder)


def test_a_folder_behind_a_link_is_the_same(tmp_path):
    folder = build(tmp_path / "build", ["a.o"])
    (tmp_path / "link").symlink_to(folder)
    assert read_folder(tmp_path / "link") == read_folder(folder)


def test_the_digest_is_that_of_the_database_and_of_every_object(tmp_path):
    folder = build(tmp_path / "build", ["a.o", "b.o"])
    digests = [read_folder(folder).digest]
    (folder / "b.o").write_text("changed")
    digests.append(read_folder(folder).digest)
    (folder / "b.o").unlink()
    digests.append(read_folder(folder).digest)
    (folder / "b.o").write_text("b.o")
    database = folder / "compile_commands.json"
    database.write_text(database.read_text() + "\n")
    digests.append(read_folder(folder).digest)
    assert len(set(digests)) == 4


def test_the_digest_does_not_depend_on_files_beside_the_build(tmp_path):
    folder = build(tmp_path / "build", ["a.o"])
    before = read_folder(folder)
    (folder / "notes.txt").write_text("x")
    assert read_folder(folder) == before


def test_a_build_that_was_moved_whole_is_the_same(tmp_path):
    folder = build(tmp_path / "build", ["a.o", "lib/b.o"])
    before = read_folder(folder)
    shutil.move(folder, tmp_path / "moved")
    after = read_folder(tmp_path / "moved")
    assert (after.digest, after.objects) == (before.digest, before.objects)


def test_objects_that_are_missing_do_not_count(tmp_path):
    folder = build(tmp_path / "build", ["a.o", "b.o"])
    (folder / "b.o").unlink()
    assert read_folder(folder).objects == 1


def no_folder(folder):
    return f"there is no folder {folder}", "", "give --corpus-from a folder, or deb:NAME"


def no_database(folder):
    folder.mkdir()
    return f"{folder} has no compile_commands.json", "", BUILD


def no_json(folder):
    folder.mkdir()
    path = folder / "compile_commands.json"
    path.write_text("[")
    reason = "Expecting value: line 1 column 2 (char 1)"
    return f"{folder} is no build", f"the corpus build is damaged: {path}: {reason}", BUILD


def no_entries(folder):
    write(folder, [])
    reason = f"{folder}/compile_commands.json has 0 entries"
    return f"{folder} is no build", f"the corpus build made no object: {reason}", BUILD


def no_object(folder):
    write(folder, [{"directory": str(folder), "file": "a.c", "output": "a.o"}])
    return (
        f"none of the 1 objects of {folder} exists",
        f"first {folder}/a.o",
        "run the build before it becomes a corpus",
    )


def object_outside(folder):
    build(folder, ["a.o", "../other/b.o"])
    return (
        f"1 of 2 objects lie outside of {folder}",
        f"first {folder.parent}/other/b.o",
        "give the folder that holds all of the build: stages see nothing else",
    )


def object_linked_outside(folder):
    build(folder, ["a.o"])
    (folder / "a.o").rename(folder.parent / "real.o")
    (folder / "a.o").symlink_to(folder.parent / "real.o")
    return (
        f"1 of 1 objects lie outside of {folder}",
        f"first {folder}/a.o",
        "give the folder that holds all of the build: stages see nothing else",
    )


@pytest.mark.parametrize(
    "spoil",
    [
        no_folder,
        no_database,
        no_json,
        no_entries,
        no_object,
        object_outside,
        object_linked_outside,
    ],
)
def test_a_folder_that_is_no_corpus_is_refused(tmp_path, spoil):
    folder = tmp_path / "build"
    brief, details, resolution = spoil(folder)
    with pytest.raises(CorpusError) as caught:
        read_folder(folder)
    error = caught.value
    assert (error.brief, error.details, error.resolution) == (brief, details, resolution)


def test_a_profile_is_asked_for_beside_the_source():
    assert parse_corpus_from("", pgo=True) == LlvmCorpus(pgo=True)
    assert parse_corpus_from("deb:zlib", pgo=True) == DebCorpus("zlib", None, pgo=True)


def test_a_folder_is_built_already_and_takes_no_profile(tmp_path):
    with pytest.raises(ConfigError) as caught:
        parse_corpus_from(str(tmp_path), pgo=True)
    assert caught.value.render() == (
        f"error: --pgo and --corpus-from={tmp_path} exclude each other\n"
        "a folder is a build that is there already, with or without a profile\n"
        "what to do: leave --pgo out, and build the folder with -fprofile-instr-use: what its "
        "command lines name is found"
    )


@pytest.mark.parametrize(
    ("asked", "alone", "source"),
    [
        ((), False, LlvmCorpus()),
        ((), True, None),
        (("llvm",), False, LlvmCorpus()),
        (("deb:zlib",), False, DebCorpus("zlib", None)),
    ],
)
def test_a_corpus_has_one_build_beside_programs_or_none(asked, alone, source):
    assert find_source(asked, alone) == source


@pytest.mark.parametrize(
    ("asked", "alone", "pgo", "brief"),
    [
        (("deb:a1", "llvm"), False, False, "--corpus-from=deb:a1 and --corpus-from=llvm exclude"),
        ((), True, True, "--pgo has nothing to profile"),
    ],
)
def test_two_builds_and_a_profile_of_nothing_are_refused(asked, alone, pgo, brief):
    with pytest.raises(ConfigError) as caught:
        find_source(asked, alone, pgo)
    assert caught.value.brief.startswith(brief)
    assert caught.value.resolution
