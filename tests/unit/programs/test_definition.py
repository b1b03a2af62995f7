import os

import pytest

from regalloc.errors import ProgramError
from regalloc.programs.definition import Package, Workload, fill
from regalloc.programs.reading import find_programs, read_program

MINIMAL = """\
name = "own"
kind = "test"
folder = "src"
build = [["{cc}", "{cflags}", "-o", "own", "own.c"]]
binaries = ["own"]

[[workload]]
name = "one"
run = ["{build}/own", "{inputs}/data"]
"""
PACKAGE = f"""\
[package]
name = "own"
file = "own_1.orig.tar.gz"
sha256 = "{"ab" * 32}"
leave_out = ["test"]
"""


def write(folder, text):
    folder.mkdir(parents=True, exist_ok=True)
    (folder / "program.toml").write_text(text)
    return folder


def refuse(folder, text):
    with pytest.raises(ProgramError) as caught:
        read_program(write(folder, text))
    return caught.value


def test_a_minimal_program_is_read_with_its_defaults(tmp_path):
    program = read_program(write(tmp_path, MINIMAL))
    assert (program.name, program.origin) == ("own", "folder src")
    assert program.definition.workload == (
        Workload(name="one", run=("{build}/own", "{inputs}/data")),
    )
    assert (program.definition.prepare, program.definition.inputs) == ((), ())


def test_a_workload_trains_or_measures(tmp_path):
    train = '[[workload]]\nname = "train"\nuse = "train"\nrun = ["{build}/own"]\n'
    definition = read_program(write(tmp_path, MINIMAL + train)).definition
    assert [workload.name for workload in definition.workload] == ["one", "train"]
    assert [workload.name for workload in definition.measured] == ["one"]


def test_a_package_takes_the_place_of_a_folder(tmp_path):
    text = MINIMAL.replace('folder = "src"\n', "") + PACKAGE
    program = read_program(write(tmp_path, text))
    assert program.origin == "Debian source own_1.orig.tar.gz"
    assert program.definition.package == Package(
        name="own", file="own_1.orig.tar.gz", sha256="ab" * 32, leave_out=("test",)
    )


@pytest.mark.parametrize(
    ("old", "new", "problem"),
    [
        ("kind =", "kinds =", "Object contains unknown field `kinds`"),
        ('kind = "test"\n', "", "Object missing required field `kind`"),
        ('kind = "test"', "kind = 3", "Expected `str`, got `int` - at `$.kind`"),
        ('["own"]', '"own"', "Expected `array`, got `str` - at `$.binaries`"),
        (
            'name = "one"',
            'nome = "one"',
            "Object contains unknown field `nome` - at `$.workload[0]`",
        ),
        ('folder = "src"', 'folder = ""', "one of `package` and `folder` is needed, and not both"),
        (
            'name = "own"',
            'name = "../own"',
            "`../own` is no name of letters, digits and any of ._+- - at `$.name`",
        ),
        ('["own"]', "[]", "at least one is needed - at `$.binaries`"),
        ('["own"]', '["/own"]', "`/own` is no path below the folder - at `$.binaries`"),
        (
            "{cflags}",
            "{flags}",
            "there is no placeholder {flags} here, only {cc}, {cxx}, {cflags}, {jobs}, {program}"
            " - at `$.build[0]`",
        ),
        (
            "{build}/own",
            "{cc}/own",
            "there is no placeholder {cc} here, only {build}, {program}, {inputs}"
            " - at `$.workload[0].run`",
        ),
        (
            "{build}/own",
            "{build/own",
            "`{` stands alone: write {{ for a brace, or one of {build}, "
            "{program}, {inputs} - at `$.workload[0].run`",
        ),
        # What a format string could do: take memory without end, or look into objects.
        (
            "{build}/own",
            "{build:>1500000000}",
            "`{` stands alone: write {{ for a brace, or one of {build}, {program}, {inputs}"
            " - at `$.workload[0].run`",
        ),
        (
            "{build}/own",
            "{build.__class__}",
            "`{` stands alone: write {{ for a brace, or one of {build}, {program}, {inputs}"
            " - at `$.workload[0].run`",
        ),
        ("{build}/own", "a\\u0000b", "a word holds a NUL - at `$.workload[0].run`"),
        ('folder = "src"', 'folder = "/"', "`/` is no path below the folder - at `$.folder`"),
        (
            'folder = "src"',
            'folder = "src/../../.."',
            "`src/../../..` is no path below the folder - at `$.folder`",
        ),
        (
            'run = ["{build}/own", "{inputs}/data"]',
            "run = []",
            "a command has at least one word - at `$.workload[0].run`",
        ),
    ],
)
def test_what_does_not_fit_is_named_with_its_place(tmp_path, old, new, problem):
    error = refuse(tmp_path, MINIMAL.replace(old, new))
    assert error.render() == (
        f"error: {tmp_path}/program.toml does not fit\n{problem}\n"
        "what to do: docs/programs.md lists the keys and what they take"
    )


@pytest.mark.parametrize(
    ("line", "problem"),
    [
        ('stdout = "abc"', "a sha256 has 64 hexadecimal digits - at `$.workload[0].stdout`"),
        (
            'files = { "a" = "abc" }',
            "a sha256 has 64 hexadecimal digits - at `$.workload[0].files['a']`",
        ),
        ('use = "train"', 'at least one with `use = "measure"` is needed - at `$.workload`'),
        ('use = "test"', "Invalid enum value 'test' - at `$.workload[0].use`"),
        (
            'files = { "../a" = "" }',
            "`../a` is no path below the folder - at `$.workload[0].files`",
        ),
        ('env = { "A=B" = "" }', "`A=B` is no variable with a value - at `$.workload[0].env`"),
        (
            '[[workload]]\nname = "one"\nrun = ["x"]',
            "`one` was there before - at `$.workload[1].name`",
        ),
    ],
)
def test_what_does_not_fit_in_a_workload_is_named(tmp_path, line, problem):
    assert refuse(tmp_path, f"{MINIMAL}{line}\n").details == problem


@pytest.mark.parametrize(
    ("old", "new", "problem"),
    [
        (
            '"own_1.orig.tar.gz"',
            '"../../../etc/passwd"',
            "`../../../etc/passwd` is no name of a tarball - at `$.package.file`",
        ),
        (
            'name = "own"\nfile',
            'name = "-o/x"\nfile',
            "`-o/x` is no name of a source package - at `$.package.name`",
        ),
        ('["test"]', '["../x"]', "`../x` is no path below the folder - at `$.package.leave_out`"),
    ],
)
def test_what_does_not_fit_in_a_package_is_named(tmp_path, old, new, problem):
    text = MINIMAL.replace('folder = "src"\n', "") + PACKAGE
    assert old in text
    assert refuse(tmp_path, text.replace(old, new)).details == problem


def test_a_definition_that_is_deep_long_or_a_pipe_ends_at_once(tmp_path):
    assert "does not fit" in refuse(tmp_path, f"a = {'[' * 100_000}").brief
    assert refuse(tmp_path, "#" * (1 << 20 | 1)).details == "it has more than 1048576 bytes"
    (tmp_path / "program.toml").unlink()
    os.mkfifo(tmp_path / "program.toml")
    with pytest.raises(ProgramError) as caught:
        read_program(tmp_path)
    assert caught.value.details == "it is no regular file"


def test_what_is_no_toml_and_what_is_not_there_are_told_apart(tmp_path):
    assert "does not fit" in refuse(tmp_path, "name = ").brief
    with pytest.raises(ProgramError) as caught:
        read_program(tmp_path / "none")
    assert caught.value.render() == (
        f"error: {tmp_path}/none/program.toml cannot be read\nNo such file or directory\n"
        "what to do: name a folder with a program.toml in it; docs/programs.md lists its keys"
    )


def test_programs_are_found_by_name_in_all_folders(tmp_path):
    for path, name in (("a/x", "zeta"), ("a/y", "alpha"), ("b/z", "mid")):
        write(tmp_path / path, MINIMAL.replace('"own"\nkind', f'"{name}"\nkind'))
    found = find_programs(tmp_path / "a", tmp_path / "b", tmp_path / "none")
    assert [program.name for program in found] == ["alpha", "mid", "zeta"]


def test_two_programs_of_one_name_are_refused(tmp_path):
    write(tmp_path / "a/x", MINIMAL)
    write(tmp_path / "b/x", MINIMAL)
    with pytest.raises(ProgramError) as caught:
        find_programs(tmp_path / "a", tmp_path / "b")
    assert caught.value.render() == (
        f"error: two programs are called 'own'\n{tmp_path}/a/x/program.toml\n"
        f"{tmp_path}/b/x/program.toml\nwhat to do: give one of them another name"
    )


def test_placeholders_are_filled_and_doubled_braces_kept():
    assert fill(("{cc}", "a{{b}}", "-j{jobs}"), {"cc": "x y", "jobs": "2"}) == (
        "x y",
        "a{b}",
        "-j2",
    )
