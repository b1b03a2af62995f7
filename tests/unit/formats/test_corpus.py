import json

import pytest

from regalloc.errors import CorpusError
from regalloc.formats import corpus as corpora
from regalloc.formats.corpus import (
    Module,
    Split,
    choose_fold,
    choose_split,
    hold_out_programs,
    parse_cmd,
    read_corpus,
    sample,
)
from tests.unit.compiler.fakes import make_module, write_corpus

NAMES = [f"lib/{index}.o" for index in range(200)]


@pytest.fixture
def corpus(tmp_path):
    modules = [make_module(tmp_path, f"lib/{name}.o", "", name == "b") for name in "bac"]
    write_corpus(tmp_path, modules)
    return tmp_path


def test_corpus_is_sorted_and_split(corpus):
    assert read_corpus(corpus) == tuple(
        Module(f"lib/{n}.o", corpus / f"lib/{n}.o.bc", ("-cc1", "-O2"), n == "b") for n in "abc"
    )


def test_a_corpus_is_read_as_it_is_written(corpus):
    before = read_corpus(corpus)
    split = Split("salt", 0.5, ("lib/a.o", "lib/c.o"), ("lib/b.o",))
    corpora.write_corpus(corpus, ["lib/a.o", "lib/b.o", "lib/c.o"], split)
    assert read_corpus(corpus) == before
    assert (corpus / "split.json").read_text() == (
        '{\n "salt": "salt",\n "fraction": 0.5,\n "train": [\n  "lib/a.o",\n  "lib/c.o"\n ],\n'
        ' "held_out": [\n  "lib/b.o"\n ],\n "programs_train": [],\n "programs_held_out": []\n}\n'
    )
    assert json.loads((corpus / "corpus_description.json").read_text()) == {
        "modules": ["lib/a.o", "lib/b.o", "lib/c.o"], "has_thinlto": False,
    }  # fmt: skip


@pytest.mark.parametrize(
    ("data", "args"),
    [
        (b"-cc1\0-O2\0", ("-cc1", "-O2")),
        (b"-cc1\0-O2", ("-cc1", "-O2")),
        (b"-cc1\0-D\0A=\0", ("-cc1", "-D", "A=")),
        (b"-I\0caf\xe9\0", ("-I", "caf\udce9")),
        (b"", ()),
    ],
)
def test_cmd_is_separated_by_nul(data, args):
    assert parse_cmd(data) == args


@pytest.mark.parametrize(
    ("path", "content", "brief", "details"),
    [
        ("corpus_description.json", None, "the corpus is incomplete", "does not exist"),
        ("split.json", None, "the corpus is incomplete", "does not exist"),
        ("lib/a.o.bc", None, "the corpus is incomplete", "does not exist"),
        ("lib/a.o.cmd", None, "the corpus is incomplete", "does not exist"),
        ("lib/a.o.bc", b"", "the corpus is damaged", "the file is empty"),
        ("lib/a.o.cmd", b"", "the corpus is damaged", "the file is empty"),
        ("corpus_description.json", b"{", "the corpus is damaged", "Expecting property name"),
        ("corpus_description.json", b'{"modules": ["../x"]}', "the corpus is damaged", "relative"),
        ("corpus_description.json", b'{"modules": []}', "the corpus is empty", "names no module"),
        ("split.json", b'{"train": ["x"], "held_out": []}', "the corpus is damaged", "not split"),
        ("split.json", b"[]", "the corpus is damaged", "JSON object"),
    ],
)
def test_unusable_corpus_is_named(corpus, path, content, brief, details):
    if content is None:
        (corpus / path).unlink()
    else:
        (corpus / path).write_bytes(content)
    with pytest.raises(CorpusError) as caught:
        read_corpus(corpus)
    assert caught.value.brief == brief
    assert details in caught.value.details
    assert str(corpus / path) in caught.value.details
    assert caught.value.exit_code == 21


@pytest.mark.parametrize("named", ["/etc/passwd", "../x", "profiles/../../x"])
def test_a_profile_outside_of_the_corpus_is_refused(corpus, named):
    (corpus / "lib/a.o.cmd").write_bytes(f"-cc1\0-regalloc-profile-use={named}\0".encode())
    with pytest.raises(CorpusError) as caught:
        read_corpus(corpus)
    assert caught.value.brief == "the corpus is damaged"
    assert caught.value.details.endswith(f"a module's profile lies outside of it: {named!r}")


def test_thinlto_corpus_is_refused(corpus):
    description = {"modules": ["lib/a.o"], "has_thinlto": True}
    (corpus / "corpus_description.json").write_text(json.dumps(description))
    with pytest.raises(CorpusError, match="damaged"):
        read_corpus(corpus)


def test_split_holds_out_about_the_fraction():
    split = choose_split(NAMES, 0.2)
    assert sorted([*split.train, *split.held_out]) == sorted(NAMES)
    assert 25 <= len(split.held_out) <= 55


def test_split_keeps_its_choice_when_modules_are_added():
    before, after = choose_split(NAMES[:100], 0.2), choose_split(NAMES, 0.2)
    assert set(before.held_out) == set(after.held_out) & set(NAMES[:100])


@pytest.mark.parametrize("count", [2, 3, 4])
def test_split_of_a_small_corpus_leaves_no_side_empty(count):
    for start in range(50):
        split = choose_split(NAMES[start : start + count], 0.2)
        assert split.train
        assert split.held_out


@pytest.mark.parametrize(("fraction", "held_out"), [(0.0, 0), (1.0, 200)])
def test_split_by_nothing_or_all_is_taken_literally(fraction, held_out):
    assert len(choose_split(NAMES, fraction).held_out) == held_out


def test_sample_takes_the_fraction_in_order_and_grows():
    modules = tuple(Module(name, None, (), False) for name in NAMES)
    small, large = sample(modules, 0.2, 7), sample(modules, 0.5, 7)
    assert (len(small), len(large)) == (40, 100)
    assert list(small) == [m for m in modules if m in small]
    assert set(small) <= set(large)
    assert sample(modules, 0.2, 7) == small != sample(modules, 0.2, 8)
    assert sample(modules, 1.0, 3) == modules
    assert len(sample(modules, 0.0001, 3)) == 1
    assert sample((), 0.5, 3) == ()


OWNERS = {"lua/a.o": "lua", "lua/b.o": "lua", "xz/a.o": "xz"}
SPLIT = Split("salt", 0.5, ("lib/x.o", "lua/a.o"), ("lib/y.o", "lua/b.o", "xz/a.o"))


def test_whole_programs_are_held_out_and_other_modules_stay_where_they_are():
    split = hold_out_programs(SPLIT, OWNERS, {"lua"})
    assert (split.train, split.held_out) == (
        ("lib/x.o", "xz/a.o"),
        ("lib/y.o", "lua/a.o", "lua/b.o"),
    )
    assert (split.programs_train, split.programs_held_out) == (("xz",), ("lua",))


def test_programs_that_are_not_held_out_as_a_whole_are_trained_on():
    split = hold_out_programs(SPLIT, OWNERS, ())
    assert (split.train, split.held_out) == (SPLIT.train, SPLIT.held_out)
    # All that there is of xz is held out by chance.
    assert (split.programs_train, split.programs_held_out) == (("lua",), ("xz",))


def test_each_program_is_in_one_fold_whatever_others_there_are():
    names = [f"program{number}" for number in range(40)]
    folds = [choose_fold(names, 3, fold) for fold in range(3)]
    assert sorted(name for fold in folds for name in fold) == sorted(names)
    assert all(folds)
    assert choose_fold(names[:7], 3, 1) == folds[1] & set(names[:7])


def test_folds_of_our_programs_stay_what_they_were():
    names = ("bzip2", "lua", "sqlite", "xz", "zstd")
    assert [sorted(choose_fold(names, 3, fold)) for fold in range(3)] == [
        ["xz"], ["bzip2", "sqlite", "zstd"], ["lua"],
    ]  # fmt: skip


def test_a_profile_lies_in_the_corpus(corpus):
    (corpus / "lib/a.o.cmd").write_bytes(b"-cc1\0-mllvm\0-regalloc-profile-use=profiles/p\0")
    with pytest.raises(CorpusError) as caught:
        read_corpus(corpus)
    assert (caught.value.brief, caught.value.details) == (
        "the corpus is incomplete", f"{corpus}/profiles/p does not exist",
    )  # fmt: skip
    (corpus / "profiles").mkdir()
    (corpus / "profiles" / "p").write_bytes(b"counts")
    assert [module.profile for module in read_corpus(corpus)] == [
        corpus / "profiles" / "p", None, None,
    ]  # fmt: skip
