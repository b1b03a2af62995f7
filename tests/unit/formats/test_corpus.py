import json

import pytest

from regalloc.errors import CorpusError
from regalloc.formats import corpus as corpora
from regalloc.formats.corpus import Module, Split, choose_split, parse_cmd, read_corpus, sample
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
        ' "held_out": [\n  "lib/b.o"\n ]\n}\n'
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
