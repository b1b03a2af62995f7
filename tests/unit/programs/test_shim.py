import pytest

from regalloc.programs import shim


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
