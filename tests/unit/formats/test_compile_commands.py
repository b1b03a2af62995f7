import json

import pytest

from regalloc.errors import CorpusError
from regalloc.formats.compile_commands import BuiltObject, find_output, read_objects


def write(folder, entries):
    folder.mkdir(parents=True, exist_ok=True)
    (folder / "compile_commands.json").write_text(json.dumps(entries))
    return folder


def entry(directory, output="a.o", file="a.c"):
    return {"directory": str(directory), "file": file, "command": f"cc -o {output} -c {file}"}


@pytest.mark.parametrize(
    ("fields", "output"),
    [
        ({"command": "clang -O2 -o lib/a.o -c a.c"}, "lib/a.o"),
        ({"command": "clang -DX='\"a b\"' -o 'my dir/a.o' -c a.c"}, "my dir/a.o"),
        ({"command": "clang -oa.o -c a.c"}, "a.o"),
        ({"arguments": ["clang", "-o", "b c.o", "-c", "a.c"]}, "b c.o"),
        ({"output": "x.o", "command": "clang -c a.c"}, "x.o"),
        ({"command": "clang -c src/a.c"}, "a.o"),
        ({"command": "clang --help"}, None),
    ],
)
def test_output_is_found_as_a_shell_would(fields, output):
    assert find_output({"file": "src/a.c", "directory": "/", **fields}) == output


def test_objects_are_sorted_and_each_listed_once(tmp_path):
    folder = write(tmp_path, [entry(tmp_path, o) for o in ("b.o", "a.o", "b.o")])
    assert read_objects(folder) == tuple(
        BuiltObject(name, tmp_path / name, False) for name in ("a.o", "b.o")
    )


def test_objects_of_a_moved_build_are_found_below_the_folder(tmp_path):
    entries = [
        entry("/nowhere/build/lib", "a.o"),
        entry("/nowhere/build/tools/x", "b.o"),
        entry("/nowhere/build", "/nowhere/build/c.o"),
    ]
    assert read_objects(write(tmp_path, entries)) == (
        BuiltObject("c.o", tmp_path / "c.o", False),
        BuiltObject("lib/a.o", tmp_path / "lib/a.o", False),
        BuiltObject("tools/x/b.o", tmp_path / "tools/x/b.o", False),
    )


def test_a_moved_build_whose_commands_ran_in_a_subfolder_is_found(tmp_path):
    entries = [entry("/nowhere/project/src", "a.o"), entry("/nowhere/project/src/x", "../../b.o")]
    folder = write(tmp_path / "moved", entries)
    for name in ("src/a.o", "b.o"):
        (folder / name).parent.mkdir(exist_ok=True)
        (folder / name).touch()
    # Lies where nothing was built, but has an object's name.
    (folder / "a.o").touch()
    assert read_objects(folder) == (
        BuiltObject("a.o", folder / "src/a.o", False),
        BuiltObject("b.o", folder / "b.o", False),
    )


def test_a_moved_build_is_found_though_its_recorded_folder_exists(tmp_path):
    (tmp_path / "recorded").mkdir()
    folder = write(tmp_path / "moved", [entry(tmp_path / "recorded", "a.o")])
    (folder / "a.o").touch()
    assert read_objects(folder) == (BuiltObject("a.o", folder / "a.o", False),)


def test_objects_outside_of_the_build_are_named_inside_of_the_corpus(tmp_path):
    (tmp_path / "build").mkdir()
    folder = write(tmp_path / "build", [entry(tmp_path / "build", "../other/a.o")])
    assert read_objects(folder) == (BuiltObject("other/a.o", tmp_path / "other/a.o", False),)


def test_assembler_sources_are_marked(tmp_path):
    folder = write(tmp_path, [entry(tmp_path, "a.o", "blake3.S")])
    assert read_objects(folder) == (BuiltObject("a.o", tmp_path / "a.o", True),)


def test_commands_that_are_not_utf8_are_tolerated(tmp_path):
    text = json.dumps([entry(tmp_path, "XX.o")]).encode().replace(b"XX", b"caf\xe9")
    (tmp_path / "compile_commands.json").write_bytes(text)
    (built,) = read_objects(tmp_path)
    assert built.name == "caf\udce9.o"


@pytest.mark.parametrize(
    ("text", "brief"),
    [
        (None, "there is no corpus build"),
        ("[", "the corpus build is damaged"),
        ("{}", "the corpus build is damaged"),
        ('[{"file": "a.c"}]', "the corpus build is damaged"),
        ('[{"directory": "/", "file": "a.c", "command": "cc \'"}]', "the corpus build is damaged"),
        ("[]", "the corpus build made no object"),
        (
            '[{"directory": "/", "file": "a.c", "command": "true"}]',
            "the corpus build made no object",
        ),
    ],
)
def test_unusable_build_is_named(tmp_path, text, brief):
    if text is not None:
        (tmp_path / "compile_commands.json").write_text(text)
    with pytest.raises(CorpusError) as caught:
        read_objects(tmp_path)
    assert caught.value.brief == brief
    assert str(tmp_path / "compile_commands.json") in caught.value.details
