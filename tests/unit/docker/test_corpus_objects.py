"""The script that keeps what the extraction reads of a corpus build."""

import json

import pytest

from tests.unit.docker.scripts import load

objects = load("corpus-objects")
EPOCH = 1735689600


def write(build, entries):
    (build / "compile_commands.json").write_text(json.dumps(entries))


def test_cut_keeps_what_was_built_and_names_its_object(tmp_path, capsys):
    write(
        tmp_path,
        [
            {"file": "a.c", "command": "clang -DX='a b' -o lib/a.o -c a.c"},
            {"file": "b.c", "command": "clang -o b.o -c b.c", "output": "b.o"},
            {"file": "c.c", "command": "clang -o c.o -c c.c"},
        ],
    )
    (tmp_path / "built.txt").write_text("lib/a.o\nb.o\nlibx.a\n")
    objects.cut(tmp_path)
    kept = json.loads((tmp_path / "compile_commands.json").read_text())
    assert [(entry["file"], entry["output"]) for entry in kept] == [
        ("a.c", "lib/a.o"),
        ("b.c", "b.o"),
    ]
    assert capsys.readouterr().out == "corpus: 2 objects\n"


@pytest.mark.parametrize("described", [True, False])
def test_copy_takes_objects_and_descriptions_and_nothing_else(tmp_path, monkeypatch, described):
    build, dest = tmp_path / "build", tmp_path / "dest"
    (build / "lib").mkdir(parents=True)
    for name in ("lib/a.o", "lib/a.d", "cache.txt"):
        (build / name).write_text(name)
    (build / "lib/a.o").chmod(0o600)
    if described:
        (build / "source.json").write_text("{}")
    write(build, [{"file": "a.c", "output": "lib/a.o"}, {"file": "b.c", "output": "gone.o"}])
    monkeypatch.setenv("SOURCE_DATE_EPOCH", str(EPOCH))
    objects.copy(build, dest)
    found = {path.relative_to(dest).as_posix() for path in dest.rglob("*") if path.is_file()}
    assert found == {"compile_commands.json", "lib/a.o"} | ({"source.json"} if described else set())
    assert {path.stat().st_mtime for path in (dest, *dest.rglob("*"))} == {EPOCH}
    assert (dest / "lib/a.o").stat().st_mode & 0o444 == 0o444
