import pytest

from regalloc.formats.remarks import SpillCode, read_remarks
from tests.unit.compiler.fakes import make_remark

LOOP = make_remark("f", spills=9).replace("SpillReloadCopies", "LoopSpillReloadCopies")
OTHER_PASS = make_remark("f", spills=9).replace("regalloc", "inline")


def read(tmp_path, text):
    (tmp_path / "remarks").write_text(text, encoding="utf-8")
    return read_remarks(tmp_path / "remarks")


def test_each_function_has_its_counts(tmp_path):
    text = make_remark("f", spills=1, reloads=2, copies=3) + make_remark("g", copies=4)
    assert read(tmp_path, text) == {"f": SpillCode(1, 2, 3), "g": SpillCode(copies=4)}


@pytest.mark.parametrize("text", ["", LOOP, OTHER_PASS])
def test_what_is_not_about_a_function_is_passed_over(tmp_path, text):
    assert read(tmp_path, text) == {}


def test_folded_instructions_count(tmp_path):
    folded = "  - NumFoldedSpills: '5'\n  - NumFoldedReloads: '7'\n..."
    text = make_remark("f", spills=1, reloads=2).replace("...", folded)
    assert read(tmp_path, text) == {"f": SpillCode(spills=6, reloads=9)}


def test_last_run_of_the_allocator_counts(tmp_path):
    text = make_remark("f", spills=1) + make_remark("g", spills=5) + make_remark("f", spills=2)
    assert read(tmp_path, text)["f"] == SpillCode(spills=2)


@pytest.mark.parametrize(
    ("written", "name"),
    [
        ("_ZN1aC2Ev", "_ZN1aC2Ev"),
        ("'op<int, a:b>'", "op<int, a:b>"),
        ("'it''s'", "it's"),
        ('"f\\xFC \\"\\u00e9"', 'fü "é'),
        ('"fü"', "fü"),
    ],
)
def test_names_are_those_of_the_functions(tmp_path, written, name):
    assert read(tmp_path, make_remark(written, spills=1)) == {name: SpillCode(spills=1)}


def test_a_count_that_is_none_is_an_error(tmp_path):
    with pytest.raises(ValueError, match="many"):
        read(tmp_path, make_remark("f").replace("'0'", "'many'"))


def test_counts_add_up():
    assert SpillCode(1, 2, 3) + SpillCode(4, 5, 6) == SpillCode(5, 7, 9)
