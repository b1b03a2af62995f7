import json

import pytest

from regalloc.errors import CompileError, PolicyError, TraceError
from regalloc.report import report
from regalloc.report.report import Part, Ratios
from regalloc.settings import Evaluate, Settings
from regalloc.stages import evaluate
from regalloc.stages.context import StageContext
from tests.unit.compiler.fakes import (
    LIMITS,
    make_episode,
    make_log,
    make_module,
    make_toolchain,
    write_corpus,
)

POLICIES = {
    "random": "warmstart/random_policy",
    "warmstart": "warmstart/saved_policy",
    "policy": "output_model/saved_policy",
}
SPEC = [{"logging_name": "index_to_evict", "tensor_spec": {"name": "out", "port": 0}}]


def scored_module(root, name, scores, held_out):
    """A module whose functions score as ``scores[policy][function]`` says."""
    folder = root / "corpus"
    folder.mkdir(exist_ok=True)
    cases = []
    for policy, functions in scores.items():
        log = folder / f"{name}.{policy}.canned"
        log.write_bytes(make_log([make_episode(f, 2, s) for f, s in functions.items()]))
        suffix = POLICIES.get(policy, "")
        cases.append(f"*{suffix}) cp '{log}' $log ;;" if suffix else f"'') cp '{log}' $log ;;")
    script = f'case "$policy" in {" ".join(cases)} *) exit 7 ;; esac'
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
    assert content.held_out == Part(
        modules=2,
        functions=2,
        decisions=4,
        shared_functions=1,
        score_ratio=Ratios(
            random=pytest.approx(2.0), warmstart=1.0, policy=pytest.approx(0.5**0.5)
        ),
        better=1,
        equal=1,
        worse=0,
        without_ratio=0,
    )
    assert content.train.functions == 1
    assert content.failures == {}
    assert content.seed == 3
    assert content.compiler == "fake clang version 19.1.7 (fake)"
    assert content.verdict.startswith("the trained policy is 29.29 % better than the default")


def test_worse_policy_is_called_worse(tmp_path):
    scores = same_for_all({"f": 1.0}) | {"policy": {"f": 1.5}}
    modules = [
        scored_module(tmp_path, "h", scores, held_out=True),
        scored_module(tmp_path, "t", same_for_all({"g": 1.0}), held_out=False),
    ]
    evaluate.run(make_context(tmp_path, modules))
    content = report.read(tmp_path / "evaluation" / "report.json")
    assert content.verdict == (
        "the trained policy is 50.00 % worse than the default on 1 held-out functions "
        "(0 better, 0 equal, 1 worse)"
    )


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
    assert content.failures == {"exit": 1}
    assert content.quarantined == ["bad under policy: exit"]
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


def test_damaged_default_scores_are_named(tmp_path):
    path = tmp_path / "default_scores.json"
    path.write_text("{")
    with pytest.raises(TraceError) as caught:
        evaluate.read_trained_functions(path)
    assert caught.value.brief == "the default scores cannot be read"
