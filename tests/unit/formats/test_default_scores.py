from __future__ import annotations

import json

import pytest

from regalloc.errors import TraceError
from regalloc.formats.compile_results import Compiled, Failed
from regalloc.formats.default_scores import DefaultScores, collect_scores, read_scores, write_scores
from regalloc.formats.logs import Outcome
from tests.unit.compiler.fakes import make_episode

SCORES = DefaultScores(
    {"m": (Outcome("caf\udce9", 0.1, 3), Outcome("g", float("inf"), 1)), "quiet": ()},
    (Failed("bad", "timeout", "no end after 2 s"),),
)


def test_scores_are_read_as_they_were_written(tmp_path):
    write_scores(tmp_path, SCORES)
    assert read_scores(tmp_path) == SCORES


def test_scores_are_those_of_the_compiles():
    episodes = (make_episode("f", 2, 0.5), make_episode("g", 1, 3.0))
    results = [Compiled("m", episodes, 1.0, 1.0), Failed("bad", "exit", "code 1", 3)]
    found = collect_scores(results)
    assert found == DefaultScores(
        {"m": (Outcome("f", 0.5, 2), Outcome("g", 3.0, 1))}, (Failed("bad", "exit", "code 1", 3),)
    )
    assert found.functions == {"f", "g"}


@pytest.mark.parametrize(
    "content",
    [
        None,
        "{",
        "[]",
        "{}",
        json.dumps({"failures": [], "modules": []}),
        json.dumps({"failures": [], "modules": {"m": [{"function": "f", "decisions": 1}]}}),
        json.dumps({"failures": [{"module": "m"}], "modules": {}}),
    ],
)
def test_damaged_default_scores_are_named(tmp_path, content):
    if content is not None:
        (tmp_path / "default_scores.json").write_text(content)
    with pytest.raises(TraceError) as caught:
        read_scores(tmp_path)
    assert caught.value.brief == "the default scores cannot be read"
    assert caught.value.details.startswith(f"{tmp_path}/default_scores.json: ")
