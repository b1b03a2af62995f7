from __future__ import annotations

from regalloc.formats.baselines import Baseline
from regalloc.formats.compile_results import Failed
from regalloc.formats.default_scores import DefaultScores
from regalloc.formats.generated_code import GeneratedCode
from regalloc.formats.logs import Outcome
from regalloc.rl.rounds.reward_baselines import describe_known, describe_traced

OUTCOMES = (Outcome("f", 0.5, 2), Outcome("g", float("inf"), 1))
FAILED = Failed("bad", "timeout", "no end after 2 s", 3)
TOLD = ({"m": {"f": 0.5}, "quiet": {}}, {"bad": "timeout: no end after 2 s"})


def test_the_trace_tells_the_finite_scores_and_why_there_are_none():
    assert describe_traced(DefaultScores({"m": OUTCOMES, "quiet": ()}, (FAILED,))) == TOLD


def test_the_corpus_tells_the_same():
    code = GeneratedCode(8, "ab", {})
    found = {"m": Baseline(OUTCOMES, code), "quiet": Baseline((), code), "bad": FAILED}
    assert describe_known(found) == TOLD
