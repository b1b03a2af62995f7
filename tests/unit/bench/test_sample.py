from dataclasses import replace
from pathlib import Path

import pytest

from regalloc.bench.sample import choose_modules
from regalloc.errors import ConfigError, CorpusError
from regalloc.formats.baselines import Baseline
from regalloc.formats.compile_results import Failed
from regalloc.formats.corpus import Module
from regalloc.formats.generated_code import GeneratedCode
from regalloc.formats.logs import Outcome
from regalloc.profiles import load_profile
from regalloc.settings import Bench

BENCH = replace(load_profile("tiny").get(Bench), modules=3, sizes=(1, 2), upstream_modules=2)
CODE = GeneratedCode(0, "", {})
CORPUS = [Module(f"{name}.o", Path(f"{name}.bc"), ("-cc1",), False) for name in "abcdef"]
WITH, WITHOUT = Baseline((Outcome("f", 1.0, 3),), CODE), Baseline((), CODE)


def names(modules):
    return [module.name for module in modules]


def test_modules_without_a_decision_or_that_fail_are_left_out():
    known = {module.name: WITH for module in CORPUS}
    known |= {"a.o": WITHOUT, "b.o": Failed("b.o", "timeout", ""), "c.o": WITHOUT}
    assert sorted(names(choose_modules(CORPUS, known, BENCH, 0))) == ["d.o", "e.o", "f.o"]


def test_of_a_corpus_from_elsewhere_all_modules_count():
    assert len(choose_modules(CORPUS, {}, replace(BENCH, sizes=(6,)), 0)) == 6


def test_a_larger_sample_begins_with_the_smaller_one():
    small = choose_modules(CORPUS, {}, BENCH, 1)
    large = choose_modules(CORPUS, {}, replace(BENCH, sizes=(5,)), 1)
    assert names(large)[:3] == names(small)
    assert names(choose_modules(CORPUS[::-1], {}, BENCH, 1)) == names(small)


def test_too_few_modules_are_refused_with_both_numbers():
    with pytest.raises(CorpusError) as caught:
        choose_modules(CORPUS[:2], {}, BENCH, 0)
    assert caught.value.brief == "the corpus has too few modules: 2 with a decision"
    assert "ask for 3" in caught.value.details
    assert "--bind Bench.modules=2" in caught.value.resolution


@pytest.mark.parametrize(
    ("change", "brief"),
    [
        ({"modules": 0}, "Bench.modules is 0"),
        ({"rounds": -1}, "Bench.rounds is -1"),
        ({"sequence_length": 1}, "Bench.sequence_length is 1"),
        ({"workers": ()}, "Bench.workers is ()"),
        ({"sizes": (4, 0)}, "Bench.sizes is (4, 0)"),
    ],
)
def test_nothing_to_measure_is_refused(change, brief):
    with pytest.raises(ConfigError) as caught:
        choose_modules(CORPUS, {}, replace(BENCH, **change), 0)
    assert caught.value.brief == brief
