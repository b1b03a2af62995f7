"""The script that gathers what a package's build left."""

import json
import os
from contextlib import chdir

import pytest

from tests.unit.docker.scripts import load

compiler = load("corpus-compiler")
package = load("corpus-package")

BITCODE = b"\x7fELF .llvmbc"


class Build:
    """A package's tree and the compiler's notes."""

    def __init__(self, folder):
        self.source, self.records = folder / "source", folder / "records"
        self.dest = folder / "dest"
        for path in (self.source, self.records, self.dest):
            path.mkdir()
        (self.dest / "source.json").write_text('{"package": "zap"}')

    def compile(self, source, output, *flags, directory=".", language="c", content=BITCODE):
        """Make an object as the compiler does, in a directory below the source."""
        folder = self.source / directory
        path = folder / output
        path.parent.mkdir(parents=True, exist_ok=True)
        (folder / source).parent.mkdir(parents=True, exist_ok=True)
        (folder / source).touch()
        path.write_bytes(content)
        with chdir(folder):
            argv = ["clang", *flags, "-c", source, "-o", output]
            compiler.note(self.records, argv, source, language, output)
        return path

    def collect(self):
        package.collect(self.records, self.source, self.dest)
        return json.loads((self.dest / "compile_commands.json").read_text())


@pytest.fixture
def build(tmp_path):
    return Build(tmp_path)


def outputs(entries):
    return [entry["output"] for entry in entries]


def test_objects_are_copied_with_commands_that_begin_where_they_lie(build):
    build.compile("../src/b.c", "b.o", "-O2", directory="out")
    build.compile("a.c", "lib/a.o", "-O3", "-g")
    assert build.collect() == [
        {
            "directory": str(build.dest),
            "file": "a.c",
            "arguments": ["clang", "-O3", "-g", "-c", "a.c", "-o", "lib/a.o"],
            "output": "lib/a.o",
        },
        {
            "directory": str(build.dest),
            "file": "src/b.c",
            "arguments": ["clang", "-O2", "-c", "../src/b.c", "-o", "b.o"],
            "output": "out/b.o",
        },
    ]
    assert (build.dest / "out/b.o").read_bytes() == BITCODE
    assert json.loads((build.dest / "source.json").read_text()) == {
        "package": "zap",
        "objects": 2,
        "with_bitcode": 2,
        "same_source_left_out": 0,
        "levels": {"-O2": 1, "-O3": 1},
    }


def test_the_order_of_compiles_does_not_matter(tmp_path):
    texts = []
    for number, order in enumerate(("abc", "cab")):
        folder = tmp_path / str(number)
        folder.mkdir()
        build = Build(folder)
        for name in order:
            build.compile(f"{name}.c", f"{name}.o", "-O2")
        build.collect()
        text = (build.dest / "compile_commands.json").read_text()
        texts.append(text.replace(str(folder), ""))
    assert texts[0] == texts[1]


def test_probes_and_what_lies_elsewhere_do_not_count(build, tmp_path):
    build.compile("a.c", "a.o")
    build.compile("conftest.c", "conftest.o").unlink()
    build.compile("b.c", str(tmp_path / "elsewhere.o"))
    assert outputs(build.collect()) == ["a.o"]


def test_an_object_that_was_moved_is_found(build):
    build.compile("a.c", "objs/a.o").rename(build.source / "a.lo")
    assert outputs(build.collect()) == ["a.lo"]


def test_of_two_compiles_to_one_object_the_last_counts(build):
    for level in ("-O2", "-O3"):
        path = build.compile("a.c", "a.o", level)
        os.utime(path, ns=(1, 1))
    build.compile("a.c", "a.o", "-O1")
    (entry,) = build.collect()
    assert entry["arguments"][1] == "-O1"


def test_what_another_tool_wrote_over_is_not_the_compilers(build):
    build.compile("a.c", "a.o")
    path = build.compile("b.c", "b.o")
    path.unlink()
    path.write_bytes(BITCODE)
    os.utime(path, ns=(1, 1))
    assert outputs(build.collect()) == ["a.o"]


def test_a_file_under_two_names_is_one_object(build):
    path = build.compile("a.c", "b.o")
    os.link(path, build.source / "a.o")
    (build.source / "c.o").symlink_to(path)
    assert outputs(build.collect()) == ["a.o"]


@pytest.mark.parametrize(
    ("objects", "chosen"),
    [
        # libtool's pair: the one for the shared library.
        ([("x.o", "-O2"), (".libs/x.o", "-O2", "-fPIC", "-DPIC")], ".libs/x.o"),
        ([("a.o", "-O2", "-fPIE"), ("b.o", "-O2")], "a.o"),
        # What extraction takes comes before everything else.
        ([("a.o", "-Os", "-fPIC"), ("b.o", "-O2")], "b.o"),
        ([("a.o", "-O2", "-O1"), ("b.o", "-O3")], "b.o"),
        # Of C that is compiled as C++ as well, the C.
        ([("a.o", "-O2", "-fPIC", "--driver-mode=g++"), ("b.o", "-O2")], "b.o"),
        ([("b.o", "-O2"), ("a.o", "-O2")], "a.o"),
    ],
)
def test_of_one_source_one_object_is_taken(build, objects, chosen):
    for output, *flags in objects:
        build.compile("x.c", output, *flags)
    assert outputs(build.collect()) == [chosen]
    assert json.loads((build.dest / "source.json").read_text())["same_source_left_out"] == 1


def test_of_one_source_in_two_build_trees_one_object_is_taken(build):
    for tree in ("static", "shared"):
        build.compile("../x.c", "x.o", "-O2", directory=tree)
    (build.source / "linked").mkdir()
    (build.source / "linked/x.c").symlink_to("../x.c")
    build.compile("x.c", "x.o", "-O2", directory="linked")
    assert outputs(build.collect()) == ["linked/x.o"]


def test_sources_of_one_name_are_two(build):
    for folder in ("one", "two"):
        build.compile("x.c", "x.o", directory=folder)
    assert outputs(build.collect()) == ["one/x.o", "two/x.o"]


def test_assembler_sources_are_listed_for_the_extraction_to_count(build, capsys):
    build.compile("a.c", "a.o", "-O2")
    build.compile("b.S", "b.o", language="assembler", content=b"")
    assert outputs(build.collect()) == ["a.o", "b.o"]
    assert capsys.readouterr().out == (
        "corpus: 2 objects, 1 with bitcode (1 at -O2); 0 more of the same sources left out\n"
    )


def nothing(build):
    return 0, 0


def a_probe(build):
    build.compile("conftest.c", "conftest.o").unlink()
    return 1, 0


def assembler_only(build):
    build.compile("b.S", "b.o", language="assembler")
    return 1, 1


def another_compiler(build):
    build.compile("a.c", "a.o", content=b"\x7fELF")
    return 1, 1


@pytest.mark.parametrize("make", [nothing, a_probe, assembler_only, another_compiler])
def test_a_package_without_bitcode_is_refused(build, make):
    seen, left = make(build)
    with pytest.raises(SystemExit) as caught:
        build.collect()
    assert caught.value.code == (
        f"error: the build left no object with embedded bitcode: {seen} compiles were seen, "
        f"{left} of their objects are left\n"
        "what to do: name a package that compiles C or C++ to objects"
    )


def test_a_signed_description_is_read(tmp_path):
    fields = (
        "Format: 1.0\nSource: zap\nBinary: zap,\n libzap1\nVersion: 1:1.0-1\n"
        "Checksums-Sha1:\n 11 12 a.tar\nChecksums-Sha256:\n 22 12 a.tar\n 33 9 b.tar\n"
    )
    dsc = tmp_path / "zap.dsc"
    dsc.write_text(
        f"-----BEGIN PGP SIGNED MESSAGE-----\nHash: SHA512\n\n{fields}\n"
        "-----BEGIN PGP SIGNATURE-----\nVersion: x\n\nabc=\n"
    )
    package.describe(dsc, tmp_path / "source.json")
    read = json.loads((tmp_path / "source.json").read_text())
    assert (read["package"], read["version"]) == ("zap", "1:1.0-1")
    assert read["files"][1:] == [
        {"name": "a.tar", "sha256": "22"},
        {"name": "b.tar", "sha256": "33"},
    ]


def test_what_ran_before_the_first_object_counts_for_nothing(build, tmp_path):
    counts = tmp_path / "counts"
    counts.mkdir()
    probe, test = counts / "1_0.profraw", counts / "2_0.profraw"
    made = build.compile("a.c", "a.o").stat().st_mtime_ns
    for path, time in ((probe, made - 1), (test, made + 1)):
        path.touch()
        os.utime(path, ns=(time, time))
    package.settle(build.records, build.source, counts)
    assert [path.name for path in counts.iterdir()] == [test.name]


def test_a_build_that_left_nothing_keeps_its_counts(build, tmp_path):
    (tmp_path / "1_0.profraw").touch()
    package.settle(build.records, build.source, tmp_path)
    assert (tmp_path / "1_0.profraw").exists()
