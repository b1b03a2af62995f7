import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from regalloc.errors import CorpusError
from regalloc.formats.compile_commands import BuiltObject, name_module, read_objects


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
        ({"output": "a.o"}, "a.o"),
        # What ninja lists of targets that only name others.
        ({"output": "all", "command": ""}, None),
        # A build whose objects were moved.
        ({"output": "one/x.o", "command": "clang -o x.o -c a.c"}, "one/x.o"),
        ({"output": "prog", "command": "clang a.o -o prog"}, None),
        ({"output": "libu.a", "command": "ar qc libu.a a.o"}, None),
        ({"output": "a.s", "command": "clang -S a.c -o a.s"}, None),
    ],
)
def test_output_is_found_as_a_shell_would(tmp_path, fields, output):
    folder = write(tmp_path, [{"file": "src/a.c", "directory": str(tmp_path), **fields}])
    if output is None:
        with pytest.raises(CorpusError, match="made no object"):
            read_objects(folder)
    else:
        assert [built.path for built in read_objects(folder)] == [tmp_path / output]


def test_objects_are_sorted_and_each_listed_once(tmp_path):
    folder = write(tmp_path, [entry(tmp_path, o) for o in ("b.o", "a.o", "b.o")])
    assert read_objects(folder) == tuple(
        BuiltObject(name, tmp_path / name) for name in ("a.o", "b.o")
    )


def test_objects_of_a_moved_build_are_found_below_the_folder(tmp_path):
    entries = [
        entry("/nowhere/build/lib", "a.o"),
        entry("/nowhere/build/tools/x", "b.o"),
        entry("/nowhere/build", "/nowhere/build/c.o"),
    ]
    assert read_objects(write(tmp_path, entries)) == (
        BuiltObject("c.o", tmp_path / "c.o"),
        BuiltObject("lib/a.o", tmp_path / "lib/a.o"),
        BuiltObject("tools/x/b.o", tmp_path / "tools/x/b.o"),
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
        BuiltObject("%2e%2e/b.o", folder / "b.o"),
        BuiltObject("a.o", folder / "src/a.o"),
    )


def test_a_moved_build_is_found_though_its_recorded_folder_exists(tmp_path):
    (tmp_path / "recorded").mkdir()
    folder = write(tmp_path / "moved", [entry(tmp_path / "recorded", "a.o")])
    (folder / "a.o").touch()
    assert read_objects(folder) == (BuiltObject("a.o", folder / "a.o"),)


def test_objects_outside_of_the_build_are_named_inside_of_the_corpus(tmp_path):
    (tmp_path / "build").mkdir()
    folder = write(tmp_path / "build", [entry(tmp_path / "build", "../other/a.o")])
    (tmp_path / "other").mkdir()
    (tmp_path / "other" / "a.o").touch()
    assert read_objects(folder) == (BuiltObject("%2e%2e/other/a.o", tmp_path / "other/a.o"),)


def test_assembler_sources_are_marked(tmp_path):
    folder = write(tmp_path, [entry(tmp_path, "a.o", "blake3.S")])
    assert read_objects(folder) == (BuiltObject("a.o", tmp_path / "a.o", "assembler source"),)


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


def test_outputs_that_cmake_counts_from_the_top_are_found(tmp_path):
    object_file = "CMakeFiles/x.dir/a.c.o"
    entries = [
        {
            "directory": str(tmp_path / "build" / sub),
            "file": "a.c",
            "output": f"{sub}{'/' if sub else ''}{object_file}",
            "command": f"clang -o {object_file} -c a.c",
        }
        for sub in ("", "lib", "lib/inner")
    ]
    assert [one.name for one in read_objects(write(tmp_path / "build", entries))] == [
        object_file, f"lib/{object_file}", f"lib/inner/{object_file}",
    ]  # fmt: skip


def test_what_response_files_hold_is_a_part_of_the_command(tmp_path):
    (tmp_path / "unit.rsp").write_text("-O2 -o 'x y.o' @more.rsp")
    (tmp_path / "more.rsp").write_text("-c a.c")
    entries = [{"directory": str(tmp_path), "file": "a.c", "command": "clang @unit.rsp"}]
    assert read_objects(write(tmp_path, entries)) == (BuiltObject("x y.o", tmp_path / "x y.o"),)


def test_response_files_of_a_moved_build_are_found(tmp_path):
    entries = [
        {"directory": "/nowhere/p/sub", "file": "a.c", "command": "clang -c a.c @../unit.rsp"}
    ]
    folder = write(tmp_path, entries)
    (folder / "unit.rsp").write_text("-o b.o")
    (folder / "sub").mkdir()
    (folder / "sub" / "b.o").touch()
    assert [one.path for one in read_objects(folder)] == [folder / "sub/b.o"]


def test_a_response_file_outside_of_the_build_is_not_read(tmp_path):
    (tmp_path / "secret.rsp").write_text("-c a.c -o secret.o")
    folder = tmp_path / "build"
    folder.mkdir()
    (folder / "linked.rsp").symlink_to(tmp_path / "secret.rsp")
    commands = ("@../secret.rsp", "@linked.rsp", f"@{tmp_path}/secret.rsp", "@gone.rsp")
    entries = [entry(folder, "a.o"), *(
        {"directory": str(folder), "file": f"{n}.c", "command": f"clang {command}"}
        for n, command in enumerate(commands)
    )]  # fmt: skip
    found = {one.name: one.left_out for one in read_objects(write(folder, entries))}
    assert found == {
        "a.o": None, **{f"{n}.c": "response file is missing" for n in range(len(commands))},
    }  # fmt: skip


def test_response_files_that_name_each_other_end(tmp_path):
    (tmp_path / "a.rsp").write_text("@b.rsp")
    (tmp_path / "b.rsp").write_text("@a.rsp")
    folder = write(tmp_path, [{"directory": str(tmp_path), "file": "a.c", "command": "cc @a.rsp"}])
    with pytest.raises(CorpusError) as caught:
        read_objects(folder)
    assert caught.value.details.endswith("a.c: response files are more than 8 deep in each other")


def test_what_is_no_object_of_the_build_is_told_apart(tmp_path):
    build = tmp_path / "build"
    entries = [
        entry(build, "a.o"),
        entry(build, "/dev/null"),
        entry(build, "/tmp/nowhere/gone.o", "b.c"),
        entry(build, "gone.o", "c.c"),
        {"directory": str(build), "file": "prog.c", "command": "cc prog.c -o prog"},
    ]
    write(build, entries)
    (build / "a.o").touch()
    assert {one.path.name: one.left_out for one in read_objects(build)} == {
        "a.o": None,
        "a.c": "no file of the build",
        "gone.o": None,
        "prog.c": "compiles to no object",
    } | {"gone.o": None}
    lost = [one for one in read_objects(build) if one.left_out == "no file of the build"]
    assert str(build.parent.parent) not in "".join(one.name for one in lost)
    assert len(lost) == 2


@pytest.mark.parametrize(
    ("database", "commands"), [("build", "src"), ("build", "build"), ("build", "link")]
)
def test_host_and_stage_find_the_same_objects_under_the_same_names(tmp_path, database, commands):
    project = tmp_path / "project"
    for name in ("src", "build/lib"):
        (project / name).mkdir(parents=True)
    (project / "link").symlink_to("build")
    entries = [
        entry(project / commands, project / "build/lib/a.o"),
        entry(project / commands, "../build/b.o"),
    ]
    write(project / database, entries)
    for name in ("lib/a.o", "b.o"):
        (project / "build" / name).touch()
    host = read_objects(project / database)
    mounted = tmp_path / "llvm_corpus"
    (project / database).rename(mounted)
    stage = read_objects(mounted)
    assert [one.name for one in host] == [one.name for one in stage]
    assert [one.path.relative_to(mounted) for one in stage] == [
        one.path.resolve().relative_to(project / "build") for one in host
    ]
    assert all(one.path.is_file() for one in stage)


_PARTS = st.text(st.characters(exclude_characters="/\0"), min_size=1, max_size=300).filter(
    lambda part: part not in (".", "..")
)
_PATHS = st.builds(
    lambda up, parts: "/".join([*[".."] * up, *parts]),
    st.integers(0, 3),
    st.lists(_PARTS, min_size=1, max_size=4),
)


@given(_PATHS, _PATHS)
def test_two_paths_have_two_names_that_fit_into_a_file_system(one, other):
    names = [name_module(path) for path in (one, other)]
    assert (names[0] == names[1]) == (one == other)
    for name in names:
        parts = name.split("/")
        assert all(0 < len(part.encode("utf-8", "surrogatepass")) <= 200 for part in parts)
        assert ".." not in parts
        assert not any(ord(letter) < 32 or ord(letter) == 127 for letter in name)


@pytest.mark.parametrize(
    ("path", "name"),
    [
        ("lib/a.o", "lib/a.o"),
        ("../x/a.o", "%2e%2e/x/a.o"),
        ("foo../a.o", "foo../a.o"),
        ("50%.o", "50%25.o"),
        ("a\nb.o", "a%0ab.o"),
        ("caf\udce9.o", "caf\udce9.o"),
    ],
)
def test_a_name_shows_its_path(path, name):
    assert name_module(path) == name
