import json
from dataclasses import replace
from hashlib import sha256

import pytest

from regalloc.errors import CompileError, CorpusError, PolicyError
from regalloc.formats.baselines import Baseline, write_baselines
from regalloc.formats.compile_results import Failed
from regalloc.formats.generated_code import GeneratedCode
from regalloc.formats.logs import Outcome
from regalloc.formats.remarks import SpillCode
from regalloc.report import report
from regalloc.report.rows import AGAIN, DEFAULT, POLICY, FunctionCost
from regalloc.settings import Evaluate, Settings
from regalloc.stages import evaluate
from regalloc.stages.context import StageContext
from tests.unit.compiler.fakes import (
    LIMITS,
    make_episode,
    make_log,
    make_module,
    make_object,
    make_remark,
    make_toolchain,
    write_corpus,
)

POLICIES = {
    "random": "warmstart/random_policy",
    "warmstart": "warmstart/saved_policy",
    "policy": "output_model/saved_policy",
}
OWN = "mine"
SPEC = [{"logging_name": "index_to_evict", "tensor_spec": {"name": "out", "port": 0}}]


def scored_module(root, name, scores, held_out, first=""):
    """A module whose functions score as ``scores[policy][function]`` says, after a script."""
    folder = root / "corpus"
    folder.mkdir(exist_ok=True)
    cases = []
    for policy, functions in scores.items():
        log = folder / f"{name}.{policy}.canned"
        log.write_bytes(make_log([make_episode(f, 2, s) for f, s in functions.items()]))
        suffix = {**POLICIES, OWN: OWN}.get(policy, "")
        cases.append(f"*{suffix}) cp '{log}' $log ;;" if suffix else f"'') cp '{log}' $log ;;")
    script = f'{first} case "$policy" in {" ".join(cases)} *) exit 7 ;; esac'
    return make_module(folder, name, script, held_out)


def write_policies(root):
    for place in POLICIES.values():
        (root / place).mkdir(parents=True, exist_ok=True)
        (root / place / "saved_model.pb").write_bytes(b"model")
        (root / place / "output_spec.json").write_text(json.dumps(SPEC))


def make_context(root, modules, seen=(), min_compiled=0.9, probe=None):
    write_corpus(root / "corpus", modules)
    write_policies(root)
    (root / "default_trace").mkdir(exist_ok=True)
    entries = [{"function": name, "score": 1.0, "decisions": 2} for name in seen]
    content = json.dumps({"modules": {"t": entries}, "failures": []})
    (root / "default_trace" / "default_scores.json").write_text(content)
    settings = Settings((Evaluate(train_fraction=1.0, min_compiled=min_compiled), LIMITS))
    make_toolchain(root / "llvm", probe)
    return StageContext(root, root / "llvm", root, seed=3, jobs=2, settings=settings)


def same_for_all(functions):
    return dict.fromkeys(("default", *POLICIES), functions)


def test_report_compares_every_policy_on_held_out_functions(tmp_path):
    scores = {
        "default": {"f": 2.0, "g": 4.0, "inline": 9.0},
        "random": {"f": 4.0, "g": 8.0, "inline": 9.0},
        "warmstart": {"f": 2.0, "g": 4.0, "inline": 9.0},
        "policy": {"f": 1.0, "g": 4.0, "inline": 1.0},
    }
    modules = [
        scored_module(tmp_path, "h", scores, held_out=True),
        scored_module(tmp_path, "t", same_for_all({"inline": 9.0}), held_out=False),
        make_module(tmp_path / "corpus", "quiet", "true", held_out=True),
    ]
    evaluate.run(make_context(tmp_path, modules, seen=["inline"]))
    content = report.read(tmp_path / "evaluation" / "report.json")
    part = content.held_out
    assert (part.modules, part.functions, part.decisions) == (2, 2, 4)
    assert part.shared_functions == 1
    ratios = {name: found.score.ratio for name, found in part.comparisons.items()}
    assert ratios == {
        AGAIN: 1.0,
        "random": pytest.approx(2.0),
        "warmstart": 1.0,
        POLICY: pytest.approx(0.5**0.5),
    }
    trained = part.comparisons[POLICY]
    assert (trained.better, trained.equal, trained.worse, trained.without_ratio) == (1, 1, 0, 0)
    assert [(row.module, row.functions) for row in part.module_rows] == [("h", 2), ("quiet", 0)]
    assert set(part.module_rows[1].codes) == {DEFAULT}
    assert content.train.functions == 1
    assert content.failures == ()
    assert content.seed == 3
    assert content.compiler == "fake clang version 19.1.7 (fake)"
    assert content.verdict.outcome == "unknown"
    assert "score ratio 0.7071, 2 functions in 2 modules" in content.verdict.text
    assert set(content.policies) == set(POLICIES)
    assert "Evaluate.train_fraction=1.0" in content.settings


def test_rows_tell_what_each_policy_made_of_a_function(tmp_path):
    (tmp_path / "remarks").write_text(make_remark("f", spills=3, reloads=4, copies=5))
    (tmp_path / "object").write_bytes(make_object([640]))
    script = f"cp {tmp_path}/remarks $remarks; cp {tmp_path}/object $object;"
    modules = [
        scored_module(tmp_path, "h", same_for_all({"f": 1.0}) | {POLICY: {"f": 1.5}}, True, script),
        scored_module(tmp_path, "t", same_for_all({"g": 1.0}), held_out=False),
    ]
    evaluate.run(make_context(tmp_path, modules))
    content = report.read(tmp_path / "evaluation" / "report.json")
    (row,) = content.held_out.function_rows
    assert (row.module, row.function, row.namesake) == ("h", "f", 0)
    assert row.costs[POLICY] == FunctionCost(score=1.5, decisions=2, spills=3, reloads=4, copies=5)
    (module,) = content.held_out.module_rows
    assert module.ratios[POLICY] == pytest.approx(1.5)
    assert {code.text_bytes for code in module.codes.values()} == {640}
    assert {code.spills for code in module.codes.values()} == {3}
    assert set(content.times.compile_user_s) == {DEFAULT, *POLICIES}
    assert set(content.times.compile_user_s[POLICY]) == {"h", "t"}
    assert set(content.times.stages_s) == {"evaluate"}


def test_report_tells_how_long_the_stages_before_took(tmp_path):
    modules = [scored_module(tmp_path, "h", same_for_all({"f": 1.0}), held_out=True)]
    durations_s = {"extract": 57.1, "trace": 5.0}
    evaluate.run(replace(make_context(tmp_path, modules), durations_s=durations_s))
    found = report.read(tmp_path / "evaluation" / "report.json").times.stages_s
    assert list(found) == ["extract", "trace", "evaluate"]
    assert {**found, **durations_s} == found


def test_equal_runs_differ_in_their_times_only(tmp_path):
    contents = []
    for name in ("first", "second"):
        root = tmp_path / name
        root.mkdir()
        modules = [
            scored_module(root, "h", same_for_all({"f": 1.0}), held_out=True),
            scored_module(root, "t", same_for_all({"g": 1.0}), held_out=False),
        ]
        evaluate.run(make_context(root, modules))
        contents.append(json.loads((root / "evaluation" / "report.json").read_text()))
        del contents[-1]["times"]
    assert contents[0] == contents[1]


def test_failed_module_is_counted_and_in_no_figure(tmp_path):
    broken = same_for_all({"f": 1.0})
    del broken["policy"]
    modules = [
        scored_module(tmp_path, "bad", broken, held_out=True),
        scored_module(tmp_path, "good", same_for_all({"g": 1.0}), held_out=True),
        scored_module(tmp_path, "t", same_for_all({"h": 1.0}), held_out=False),
    ]
    evaluate.run(make_context(tmp_path, modules, min_compiled=0.5))
    content = report.read(tmp_path / "evaluation" / "report.json")
    (failure,) = content.failures
    assert (failure.module, failure.policy, failure.kind) == ("bad", POLICY, "exit")
    assert (failure.detail, failure.attempts) == ("exit code 7", 3)
    assert (content.held_out.modules, content.held_out.functions) == (1, 1)


def test_policy_that_fails_too_often_has_no_result(tmp_path):
    broken = same_for_all({"f": 1.0})
    del broken["policy"]
    modules = [
        scored_module(tmp_path, "h", broken, held_out=True),
        scored_module(tmp_path, "t", broken, held_out=False),
    ]
    with pytest.raises(CompileError) as caught:
        evaluate.run(make_context(tmp_path, modules))
    assert caught.value.brief == "2 of 2 modules did not compile under policy"
    assert "2 x exit" in caught.value.details
    assert not (tmp_path / "evaluation" / "report.json").exists()


def test_missing_model_is_named(tmp_path):
    modules = [scored_module(tmp_path, "h", same_for_all({"f": 1.0}), held_out=True)]
    context = make_context(tmp_path, modules)
    (tmp_path / "output_model/saved_policy/saved_model.pb").unlink()
    with pytest.raises(PolicyError) as caught:
        evaluate.run(context)
    assert "output_model/saved_policy/saved_model.pb is missing" in caught.value.details


def test_policy_the_compiler_cannot_use_is_named_before_any_compile(tmp_path):
    modules = [make_module(tmp_path / "corpus", "h", f"touch {tmp_path}/compiled", held_out=True)]
    (tmp_path / "log").write_bytes(make_log([make_episode("probe", 2)]))
    refuse = "*random_policy) echo 'error: Error evaluating model.' >&2; exit 1 ;;"
    probe = f'case "$policy" in {refuse} *) cp {tmp_path}/log $log ;; esac'
    with pytest.raises(PolicyError) as caught:
        evaluate.run(make_context(tmp_path, modules, probe=probe))
    assert caught.value.brief == (
        f"the compiler cannot use the policy in {tmp_path}/warmstart/random_policy"
    )
    assert not (tmp_path / "compiled").exists()


def test_a_policy_of_ones_own_is_compared_alone_on_the_whole_corpus(tmp_path):
    scores = {"default": {"f": 4.0}, OWN: {"f": 2.0}}
    modules = [
        scored_module(tmp_path, "h", scores, held_out=True),
        scored_module(tmp_path, "t", scores, held_out=False),
    ]
    context = make_context(tmp_path, modules, seen=["f"])
    mine = tmp_path / OWN
    mine.mkdir()
    (mine / "saved_model.pb").write_bytes(b"model")
    (mine / "output_spec.json").write_text(json.dumps(SPEC))
    evaluate.run(replace(context, policy=mine))
    content = report.read(tmp_path / "evaluation" / "report.json")
    assert content.names == {POLICY: "trained"}
    assert (content.held_out.modules, content.train.modules) == (2, 0)
    # What the run was trained on is no matter of this policy's.
    assert (content.held_out.functions, content.held_out.shared_functions) == (2, 0)
    assert content.held_out.comparisons[POLICY].score.ratio == pytest.approx(0.5)


def test_entry_counts_of_the_corpus_weigh_the_functions(tmp_path):
    scores = same_for_all({"f": 2.0, "g": 4.0}) | {"policy": {"f": 1.0, "g": 8.0}}
    modules = [
        scored_module(tmp_path, "h", scores, held_out=True),
        scored_module(tmp_path, "t", same_for_all({"k": 9.0}), held_out=False),
    ]
    context = make_context(tmp_path, modules)
    (tmp_path / "corpus" / "entry_counts.json").write_text('{"h": {"f": 100}}')
    evaluate.run(context)
    content = report.read(tmp_path / "evaluation" / "report.json")
    assert [(row.function, row.entries) for row in content.held_out.function_rows] == [
        ("f", 100), ("g", 0),
    ]  # fmt: skip
    assert content.held_out.entered == 1
    assert content.held_out.comparisons[POLICY].weighted.ratio == 0.5
    assert content.held_out.comparisons[POLICY].score.ratio == pytest.approx(1.0)
    # A module that no program linked was never entered either.
    assert [row.entries for row in content.train.function_rows] == [0]
    assert content.train.comparisons[POLICY].weighted.ratio is None


def test_what_the_corpus_knows_of_the_default_is_not_compiled_again(tmp_path):
    scores = {
        "default": {"f": 2.0, "g": 4.0},
        "random": {"f": 4.0, "g": 4.0},
        "warmstart": {"f": 2.0, "g": 4.0},
        "policy": {"f": 1.0, "g": 4.0},
    }
    touch = f"touch {tmp_path}/compiled; exit 1"
    modules = [
        scored_module(tmp_path, "h", scores, held_out=True),
        make_module(tmp_path / "corpus", "quiet", touch, held_out=True),
        make_module(tmp_path / "corpus", "slow", touch, held_out=True),
    ]
    context = make_context(tmp_path, modules, min_compiled=0.5)
    code = GeneratedCode(64, sha256(make_object([64])).hexdigest(), {"f": SpillCode(1, 2, 3)})
    outcomes = (Outcome("f", 2.0, 2), Outcome("g", 4.0, 2))
    found = {
        "h": Baseline(outcomes, code),
        "quiet": Baseline((), code),
        "slow": Failed("slow", "timeout", "no end after 20 s", 3),
    }
    write_baselines(tmp_path / "corpus", found)
    evaluate.run(context)
    content = report.read(tmp_path / "evaluation" / "report.json")
    assert not (tmp_path / "compiled").exists()
    assert [(f.module, f.policy) for f in content.failures] == [("slow", DEFAULT)]
    assert (content.held_out.modules, content.held_out.functions) == (2, 2)
    assert content.held_out.function_rows[0].costs[DEFAULT] == FunctionCost(
        score=2.0, decisions=2, spills=1, reloads=2, copies=3
    )
    assert content.held_out.comparisons[AGAIN].equal == 2
    assert content.held_out.comparisons[POLICY].better == 1
    assert set(content.times.compile_user_s[DEFAULT]) == {"h"}


def test_a_default_that_does_something_else_than_the_corpus_says_is_an_error(tmp_path):
    scores = same_for_all({"f": 2.0})
    modules = [scored_module(tmp_path, name, scores, held_out=True) for name in ("a", "b")]
    context = make_context(tmp_path, modules)
    code = GeneratedCode(64, sha256(make_object([64])).hexdigest(), {})
    edited = {
        "a": Baseline((Outcome("f", 2.0, 2),), code),
        "b": Baseline((Outcome("f", 9.0, 2),), code),
    }
    write_baselines(tmp_path / "corpus", edited)
    with pytest.raises(CorpusError) as caught:
        evaluate.run(context)
    assert caught.value.brief == (
        "the default heuristic does not do again what the corpus says it did"
    )
    assert caught.value.details == "1 modules have other scores, first b"
    assert not (tmp_path / "evaluation").exists()


def test_functions_of_training_modules_that_were_not_traced_are_left_out(tmp_path):
    scores = same_for_all({"f": 1.0, "traced": 2.0, "untraced": 3.0})
    modules = [
        scored_module(tmp_path, "h", scores, held_out=True),
        scored_module(tmp_path, "t", same_for_all({"untraced": 3.0}), held_out=False),
    ]
    context = make_context(tmp_path, modules, seen=["traced"])
    code = GeneratedCode(64, sha256(make_object([64])).hexdigest(), {})
    found = {"t": Baseline((Outcome("untraced", 3.0, 2),), code)}
    write_baselines(tmp_path / "corpus", found)
    evaluate.run(context)
    content = report.read(tmp_path / "evaluation" / "report.json")
    assert [row.function for row in content.held_out.function_rows] == ["f"]
    assert content.held_out.shared_functions == 2
