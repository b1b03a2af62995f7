import json
import resource

import pytest

from regalloc.programs import shim
from tests.unit.programs.fakes import write_script


@pytest.mark.parametrize(
    ("line", "outputs"),
    [
        ("-O2 -c a.c", ["a.o"]),
        ("-O2 -c sub/a.c", ["a.o"]),
        ("-O2 -c a.c b.cc", ["a.o", "b.o"]),
        ("-c a.c -o out/a.lo", ["out/a.lo"]),
        ("-oa.obj -c a.c", ["a.obj"]),
        ("-c a.c -o x.o -o y.o", ["y.o"]),
        ("-S a.c", ["a.s"]),
        ("-o prog a.c b.o", ["prog"]),
        ("a.cpp", ["a.out"]),
        ("-flto=thin -o prog a.o b.o", ["prog"]),
        ("-o prog a.o b.o", []),
        ("-c a.S -o a.o", []),
        ("-E a.c", []),
        ("-M -c a.c", []),
        ("--version", []),
    ],
)
def test_outputs_are_the_files_with_code_that_a_command_generates(
    tmp_path, monkeypatch, line, outputs
):
    monkeypatch.chdir(tmp_path)
    assert shim.list_outputs(line.split()) == [tmp_path / name for name in outputs]


COMPILER = """\
#!/bin/sh
# Works for a while, in a process of its own.
sh -c 'i=0; while test $i -lt 20000; do i=$((i + 1)); done'
echo "$0 $*" >"$RESULT"
for word; do case $word in *.o) echo code >$word ;; esac; done
"""


@pytest.fixture
def call(tmp_path, monkeypatch):
    """Return a function that calls the shim, and gives its notes by the object's name."""
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("RESULT", str(tmp_path / "said"))
    write_script(tmp_path / "compiler", COMPILER)
    (tmp_path / "notes").mkdir()

    def run(line, names=None):
        compiler = str(tmp_path / "compiler")
        plan = {
            "root": str(tmp_path),
            "notes": str(tmp_path / "notes"),
            "base": {"cc": [compiler]},
            "variant": {"cc": [compiler, "-policy"]},
            "names": names,
        }
        (tmp_path / "plan.json").write_text(json.dumps(plan))
        assert shim.main(tmp_path / "plan.json", "cc", line.split()) == 0
        notes = (json.loads(path.read_text()) for path in (tmp_path / "notes").iterdir())
        return {note["name"]: note for note in notes}

    return run


def test_a_compile_is_noted_with_the_processor_time_of_all_its_processes(call):
    before = resource.getrusage(resource.RUSAGE_CHILDREN).ru_utime
    notes = call("-c a.c -o a.o")
    after = resource.getrusage(resource.RUSAGE_CHILDREN).ru_utime
    assert notes["a.o"]["argv"][1:] == ["-policy", "-c", "a.c", "-o", "a.o"]
    # The shim is a process of its own outside of this test, and has no other children.
    assert after - before <= notes["a.o"]["cpu_s"]
    assert after > before


def test_objects_of_one_command_share_its_time(call, tmp_path):
    for name in ("a.o", "b.o"):
        (tmp_path / name).write_text("code")
    notes = call("-c a.c b.c")
    assert notes["a.o"]["cpu_s"] == notes["b.o"]["cpu_s"] > 0
    together = resource.getrusage(resource.RUSAGE_CHILDREN)
    assert notes["a.o"]["cpu_s"] * 2 <= together.ru_utime + together.ru_stime


@pytest.mark.parametrize(
    ("names", "variant"), [(None, True), (["a.o"], True), (["b.o"], False), ([], False)]
)
def test_chosen_objects_are_compiled_as_the_variant_says(call, tmp_path, names, variant):
    call("-c a.c -o a.o", names)
    assert (" -policy " in (tmp_path / "said").read_text()) == variant


def test_what_has_no_object_is_the_bases_where_objects_are_chosen(call, tmp_path):
    call("a.o -o prog", ["a.o"])
    assert "-policy" not in (tmp_path / "said").read_text()
    call("a.o -o prog")
    assert "-policy" in (tmp_path / "said").read_text()
