import json

import pytest

from regalloc.errors import CorpusError
from regalloc.formats.baselines import Baseline, describe, read_baselines, settle, write_baselines
from regalloc.formats.compile_results import Compiled, Failed
from regalloc.formats.generated_code import GeneratedCode
from regalloc.formats.logs import Outcome
from regalloc.formats.remarks import SpillCode
from tests.unit.compiler.fakes import make_episode

CODE = GeneratedCode(64, "ab", {"f": SpillCode(1, 2, 3), "caf\udce9": SpillCode(4)})
BASELINE = Baseline((Outcome("caf\udce9", 0.1, 3), Outcome("g", float("inf"), 1)), CODE)
EMPTY = Baseline((), GeneratedCode(8, "cd", {}))
FAILED = Failed("bad", "timeout", "no end after 2 s", 3)


def test_baselines_are_read_as_they_were_written(tmp_path):
    found = {"bad": FAILED, "m": BASELINE, "quiet": EMPTY}
    write_baselines(tmp_path, found)
    assert read_baselines(tmp_path) == found


def test_a_corpus_from_elsewhere_has_none(tmp_path):
    assert read_baselines(tmp_path) == {}


def test_a_baseline_is_what_a_compile_came_down_to():
    episodes = (make_episode("f", 2, 0.5), make_episode("g", 1, 3.0))
    assert describe(Compiled("m", episodes, 1.0, 1.0, CODE)) == Baseline(
        (Outcome("f", 0.5, 2), Outcome("g", 3.0, 1)), CODE
    )


def test_what_fails_or_decides_nothing_is_settled():
    assert settle("m", BASELINE) is None
    assert settle("m", None) is None
    assert settle("bad", FAILED) == FAILED
    assert settle("quiet", EMPTY) == Compiled("quiet", (), 0.0, 0.0, EMPTY.code)


@pytest.mark.parametrize(
    "content", ["{", "[]", "{}", json.dumps({"failures": [], "modules": {"m": {"functions": []}}})]
)
def test_damaged_baselines_are_named(tmp_path, content):
    (tmp_path / "baselines.json").write_text(content)
    with pytest.raises(CorpusError) as caught:
        read_baselines(tmp_path)
    assert caught.value.details.startswith(f"{tmp_path}/baselines.json: ")
