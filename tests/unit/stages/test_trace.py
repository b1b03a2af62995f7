import json
from dataclasses import replace

import numpy as np
import pytest

from regalloc.errors import CompileError, CorpusError, ToolchainError, TraceError
from regalloc.formats.baselines import Baseline, write_baselines
from regalloc.formats.compile_results import Failed
from regalloc.formats.generated_code import GeneratedCode
from regalloc.formats.replays import Proof, write_replays
from regalloc.formats.trace_file import read_trace
from regalloc.releases import RELEASES
from regalloc.settings import Limits, Settings, Trace
from regalloc.stages import trace
from regalloc.stages.context import StageContext
from tests.unit.compiler.fakes import (
    logging_module,
    make_episode,
    make_module,
    make_toolchain,
    write_corpus,
)


def make_context(tmp_path, modules, jobs=2, rate=1.0, major=19):
    corpus = tmp_path / "corpus"
    corpus.mkdir(exist_ok=True)
    write_corpus(corpus, modules)
    if not (tmp_path / "llvm").exists():
        make_toolchain(tmp_path / "llvm", major=major)
    limits = Limits(wall_s=20.0, memory_mb=2048, attempts=1)
    settings = Settings((Trace(sampling_rate=rate), limits))
    return StageContext(tmp_path, tmp_path / "llvm", tmp_path, 0, jobs, settings)


def make_modules(tmp_path, count):
    return [
        logging_module(tmp_path / "corpus", f"m{i:02}", [make_episode(f"f{i}", 1 + i % 3, i / 4)])
        for i in range(count)
    ]


def test_trace_records_decisions_and_scores_of_training_modules(tmp_path):
    folder = tmp_path / "corpus"
    modules = [
        logging_module(folder, "b", [make_episode("g", 1, 0.5)]),
        logging_module(folder, "a", [make_episode("f", 3, 2.5), make_episode("h", 2, 1.0)]),
        replace(make_module(folder, "held", "exit 1"), held_out=True),
        make_module(folder, "empty", "true"),
    ]
    trace.run(make_context(tmp_path, modules))
    assert json.loads((tmp_path / "default_trace" / "default_scores.json").read_text()) == {
        "modules": {
            "a": [
                {"function": "f", "score": 2.5, "decisions": 3},
                {"function": "h", "score": 1.0, "decisions": 2},
            ],
            "b": [{"function": "g", "score": 0.5, "decisions": 1}],
            "empty": [],
        },
        "failures": [],
    }
    sequences = list(read_trace(tmp_path / "default_trace" / "trace.tfrecord"))
    assert [s["reward"].tolist() for s in sequences] == [[2.5] * 3, [1.0] * 2, [0.5]]
    np.testing.assert_array_equal(sequences[0]["mask"], make_episode("f", 3).observations["mask"])


def test_trace_does_not_depend_on_the_format_of_the_logs(tmp_path):
    contents = []
    for release in RELEASES:
        root = tmp_path / release.version
        episodes = [make_episode("f", 3, 2.5), make_episode("g", 2, 0.0)]
        module = logging_module(root / "corpus", "m", episodes, release.log_format)
        trace.run(make_context(root, [module], major=release.major))
        contents.append([p.read_bytes() for p in sorted((root / "default_trace").iterdir())])
    assert contents[0] == contents[1]


def test_trace_does_not_depend_on_jobs(tmp_path):
    modules = make_modules(tmp_path, 8)
    contents = []
    for jobs in (1, 4):
        trace.run(make_context(tmp_path, modules, jobs))
        contents.append([p.read_bytes() for p in sorted((tmp_path / "default_trace").iterdir())])
    assert contents[0] == contents[1]


def test_trace_takes_a_sample(tmp_path):
    trace.run(make_context(tmp_path, make_modules(tmp_path, 10), rate=0.3))
    scores = json.loads((tmp_path / "default_trace" / "default_scores.json").read_text())
    assert len(scores["modules"]) == 3


def test_trace_lists_the_failures_it_tolerates(tmp_path):
    modules = [*make_modules(tmp_path, 9), make_module(tmp_path / "corpus", "bad", "exit 2")]
    trace.run(make_context(tmp_path, modules))
    scores = json.loads((tmp_path / "default_trace" / "default_scores.json").read_text())
    assert scores["failures"] == [{"module": "bad", "kind": "exit", "detail": "exit code 2"}]


def test_trace_of_too_few_compiles_fails_with_a_histogram(tmp_path):
    bad = [
        make_module(tmp_path / "corpus", "bad", "echo why >&2; exit 2"),
        make_module(tmp_path / "corpus", "worse", "kill -SEGV $$"),
    ]
    with pytest.raises(CompileError) as caught:
        trace.run(make_context(tmp_path, [*make_modules(tmp_path, 8), *bad]))
    assert caught.value.brief == "2 of 10 modules did not compile"
    assert caught.value.details == "1 x exit, 1 x signal\nfirst: bad: exit code 2\nwhy"
    assert not (tmp_path / "default_trace" / "trace.tfrecord").exists()


def test_trace_without_a_decision_fails(tmp_path):
    with pytest.raises(TraceError) as caught:
        trace.run(make_context(tmp_path, [make_module(tmp_path / "corpus", "empty", "true")]))
    assert caught.value.brief == "the corpus holds no eviction decision"


def test_trace_without_a_training_module_fails(tmp_path):
    held = replace(make_module(tmp_path / "corpus", "held", "true"), held_out=True)
    with pytest.raises(CorpusError, match="no training module"):
        trace.run(make_context(tmp_path, [held]))


def test_trace_probes_the_compiler_first(tmp_path):
    make_toolchain(tmp_path / "llvm", "echo Unknown command line argument >&2; exit 1")
    with pytest.raises(ToolchainError, match="lacks the ML hooks"):
        trace.run(make_context(tmp_path, make_modules(tmp_path, 1)))


def test_what_is_known_to_fail_or_decide_nothing_is_not_compiled_again(tmp_path):
    folder = tmp_path / "corpus"
    touch = f"touch {tmp_path}/compiled; exit 1"
    modules = [
        *make_modules(tmp_path, 9),
        make_module(folder, "quiet", touch),
        make_module(folder, "slow", touch),
    ]
    failed = Failed("slow", "timeout", "no end after 1 s", 3)
    quiet = Baseline((), GeneratedCode(8, "ab", {}))
    write_baselines(folder, {"quiet": quiet, "slow": failed})
    trace.run(make_context(tmp_path, modules))
    scores = json.loads((tmp_path / "default_trace" / "default_scores.json").read_text())
    assert list(scores["modules"]) == [*(f"m{i:02}" for i in range(9)), "quiet"]
    assert scores["modules"]["quiet"] == []
    assert scores["failures"] == [
        {"module": "slow", "kind": "timeout", "detail": "no end after 1 s"}
    ]
    assert not (tmp_path / "compiled").exists()


def test_trace_compiles_what_stands_in_for_the_bitcode(tmp_path):
    folder = tmp_path / "corpus"
    module = make_module(folder, "m", "exit 1")
    reduced = logging_module(folder, "another", [make_episode("f", 2, 0.5)])
    reduced.bitcode.rename(folder / "m.reduced")
    write_replays(folder, {"m": Proof("reduced")})
    trace.run(make_context(tmp_path, [module]))
    scores = json.loads((tmp_path / "default_trace" / "default_scores.json").read_text())
    assert scores["modules"] == {"m": [{"function": "f", "score": 0.5, "decisions": 2}]}
