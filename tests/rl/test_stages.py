"""Warm start and training as stages, on a simulated compiler."""

from __future__ import annotations

import dataclasses
import json
import shutil
import signal
import subprocess
import sys
from pathlib import Path

import pytest

from regalloc.errors import CompileError, ConfigError, ManifestError, PolicyError
from regalloc.formats.baselines import describe, write_baselines
from regalloc.formats.compile_results import Failed
from regalloc.formats.corpus import Module
from regalloc.formats.generated_code import GeneratedCode
from regalloc.formats.trained_on import read_trained_on
from regalloc.rl.export.policy_folder import check_policy, policy_hash
from regalloc.stages import train, warmstart
from tests.rl import simulator
from tests.rl.simulator import (
    BROKEN,
    QUIET,
    TRAIN,
    Session,
    make_context,
    make_observations,
    make_run,
)

NAMES = [*(f"m{i}.o" for i in range(7)), BROKEN, QUIET]


@pytest.fixture(scope="module")
def warm_root(tmp_path_factory):
    root = tmp_path_factory.mktemp("warm")
    make_run(root, NAMES, traced=5)
    warmstart.run(make_context(root))
    return root


@pytest.fixture
def root(warm_root, tmp_path):
    shutil.copytree(warm_root, tmp_path / "run")
    return tmp_path / "run"


@pytest.fixture(scope="module")
def undisturbed(warm_root, tmp_path_factory):
    """The hash an undisturbed run ends with, in a process of its own."""
    root = tmp_path_factory.mktemp("undisturbed") / "run"
    shutil.copytree(warm_root, root)
    assert run_process(root).returncode == 0
    return hashes(root)


PROCESS = """
import os, signal, sys
from pathlib import Path
import regalloc.compiler.pool
from regalloc.stages import train
from tests.rl import simulator
kill_at, jobs = int(sys.argv[2]), int(sys.argv[3])
regalloc.compiler.pool.compile_all = simulator.compile_all
train.open_toolchain = train.probe = train.probe_policy = lambda *ignored: None
learn = train.Training._learn
def learn_or_die(self, scored):
    if self.state.iteration == kill_at:
        os.kill(os.getpid(), signal.SIGKILL)
    return learn(self, scored)
train.Training._learn = learn_or_die
train.run(simulator.make_context(Path(sys.argv[1]), jobs=jobs))
"""


def run_process(root: Path, kill_at: int = -1, jobs: int = 1):
    argv = [sys.executable, "-W", "ignore", "-c", PROCESS, str(root), str(kill_at), str(jobs)]
    return subprocess.run(argv, cwd=Path.cwd(), capture_output=True, text=True, check=False)


def hashes(root: Path) -> dict[str, str]:
    model = root / "output_model"
    found = {p.name: policy_hash(p) for p in sorted((model / "policies").iterdir())}
    return found | {"checkpoint": policy_hash(model / "checkpoint")}


def test_warmstart_writes_policies_and_history(warm_root):
    folder = warm_root / "warmstart"
    for name in ("saved_policy", "saved_collect_policy", "random_policy"):
        check_policy(folder / name)
    history = json.loads((folder / "history.json").read_text())
    assert [row["step"] for row in history] == list(range(1, 31))
    assert set(history[0]) == {"step", "loss", "accuracy"}
    assert history[-1]["loss"] < history[0]["loss"]


def test_warmstart_twice_gives_the_same_folder(warm_root, root):
    before = policy_hash(root / "warmstart")
    shutil.rmtree(root / "warmstart")
    warmstart.run(make_context(root, jobs=2))
    assert policy_hash(root / "warmstart") == before


def test_train_exports_policies_with_their_scores_and_links(fake_compiler, root, capsys):
    train.run(make_context(root))
    model = root / "output_model"
    scores = {
        int(p.parent.name): json.loads(p.read_text()) for p in model.glob("policies/*/score.json")
    }
    assert sorted(scores) == [0, 2, 3]
    assert all(score["iteration"] == i for i, score in scores.items())
    assert str((model / "latest").readlink()) == "policies/3"
    assert str((model / "saved_policy").readlink()) == "policies/3/saved_policy"
    best = min(scores, key=lambda i: scores[i]["ratio"])
    assert str((model / "best").readlink()) == f"policies/{best}"
    for link in ("best", "latest"):
        check_policy(model / link / "saved_policy")
        check_policy(model / link / "saved_collect_policy")
    Session(model / "saved_policy").choose(make_observations(1, 2))
    assert not (model / "collect").exists()
    assert list((model / "events").iterdir())
    output = capsys.readouterr().out
    assert f"quarantined {BROKEN}: timeout: no end after 1 s" in output
    assert f"sha256 {policy_hash(model / 'saved_policy')}" in output


def test_first_export_is_the_warm_start(fake_compiler, root):
    train.run(make_context(root))
    exported = policy_hash(root / "output_model" / "policies" / "0" / "saved_policy")
    assert exported == policy_hash(root / "warmstart" / "saved_policy")


@pytest.mark.parametrize("kill_at", [0, 2])
def test_train_killed_and_resumed_ends_with_the_same_hash(root, undisturbed, kill_at):
    assert run_process(root, kill_at).returncode == -signal.SIGKILL
    assert run_process(root, jobs=2).returncode == 0
    assert hashes(root) == undisturbed


def test_finished_run_does_nothing_more(root, undisturbed, fake_compiler, monkeypatch):
    train.run(make_context(root))
    assert hashes(root) == undisturbed
    monkeypatch.setattr("regalloc.compiler.pool.compile_all", None)
    train.run(make_context(root))
    assert hashes(root) == undisturbed


def test_another_seed_gives_another_policy(root, undisturbed, fake_compiler):
    train.run(make_context(root, seed=4))
    assert hashes(root)["3"] != undisturbed["3"]


def test_last_round_is_exported_whether_due_or_not(root, fake_compiler):
    train.run(make_context(root, train=dataclasses.replace(TRAIN, policy_iterations=1)))
    assert str((root / "output_model" / "latest").readlink()) == "policies/1"


@pytest.mark.parametrize("algorithm", ["ppo", "rebel"])
def test_groups_of_rollouts_resume_as_if_undisturbed(
    root, tmp_path, fake_compiler, monkeypatch, algorithm
):
    train_ = dataclasses.replace(TRAIN, algorithm=algorithm, rollouts=3, log_reward=True)
    other = shutil.copytree(root, tmp_path / "other")
    train.run(make_context(root, train=train_))
    with monkeypatch.context() as patch:
        patch.setattr(train.Training, "_log", lambda *ignored: sys.exit(1))
        with pytest.raises(SystemExit):
            train.run(make_context(other, train=train_))
    train.run(make_context(other, train=train_, jobs=2))
    assert hashes(other) == hashes(root)


def test_checkpoint_of_other_settings_is_refused(root, fake_compiler):
    train.run(make_context(root))
    with pytest.raises(ManifestError) as caught:
        train.run(make_context(root, train=dataclasses.replace(TRAIN, policy_iterations=4)))
    assert caught.value.details == (
        "it was written with another seed, corpus, setting or warm start"
    )


def test_all_modules_failing_is_an_error(root, monkeypatch, fake_compiler):
    def fail(toolchain, requests, limits, jobs, advance, **options):
        return [Failed(module.name, "signal", "SIGSEGV", 2) for module, _ in requests]

    monkeypatch.setattr("regalloc.compiler.pool.compile_all", fail)
    with pytest.raises(CompileError) as caught:
        train.run(make_context(root))
    assert caught.value.brief.startswith("none of ")
    assert "x signal\nfirst: m" in caught.value.details


def test_missing_warm_start_is_an_error(root, fake_compiler):
    shutil.rmtree(root / "warmstart")
    with pytest.raises(PolicyError) as caught:
        train.run(make_context(root))
    assert caught.value.brief == "the warm start has no usable weights"
    assert caught.value.resolution == "run warmstart again"


def test_what_the_corpus_knows_of_the_default_is_not_compiled_again(
    root, monkeypatch, fake_compiler
):
    remember(root, NAMES)
    asked = []

    def compile_all(toolchain, requests, limits, jobs, advance, **options):
        asked.extend(requests)
        return simulator.compile_all(toolchain, requests, limits, jobs, advance, **options)

    monkeypatch.setattr("regalloc.compiler.pool.compile_all", compile_all)
    train.run(make_context(root))
    assert {module.name for module, _ in asked} == set(NAMES) - {BROKEN, QUIET}
    assert None not in {policy for _, policy in asked}


def test_train_says_which_programs_the_policy_was_trained_on(root, fake_compiler):
    split = json.loads((root / "corpus" / "split.json").read_text())
    split["programs_train"] = ["xz", "lua"]
    (root / "corpus" / "split.json").write_text(json.dumps(split))
    train.run(make_context(root, train=dataclasses.replace(TRAIN, policy_iterations=1)))
    assert read_trained_on(root / "output_model") == ("lua", "xz")


WEIGHED = dataclasses.replace(TRAIN, rollouts=3, log_reward=True, share_power=0.5)


def count(root: Path, hot: str) -> None:
    """Write a corpus's entry counts: one module is entered often, the others never."""
    entries = {name: {"f0": 1000, "f1": 10} if name == hot else {} for name in NAMES}
    (root / "corpus" / "entry_counts.json").write_text(json.dumps(entries))


@pytest.mark.parametrize("algorithm", ["ppo", "rebel"])
def test_only_functions_that_were_executed_teach_where_shares_count(
    root, fake_compiler, monkeypatch, algorithm
):
    remember(root, NAMES)
    count(root, "m2.o")
    taught = []
    learn = train.Training._learn

    def note(self, scored):
        taught.append({(s.episode.function, s.default) for s in scored if s.reward})
        return learn(self, scored)

    monkeypatch.setattr(train.Training, "_learn", note)
    weighed = dataclasses.replace(WEIGHED, algorithm=algorithm, modules_per_iteration=9)
    train.run(make_context(root, train=weighed))
    hot = simulator.compile_module(Module("m2.o", Path(), ("-cc1",), False), None)
    expected = {(episode.function, episode.score) for episode in hot.episodes}
    assert taught == [expected] * weighed.policy_iterations


@pytest.mark.parametrize(("draws", "rollouts"), [(0, 3), (-2, 3), (3, 3), (4, 3), (2, 1)])
def test_the_best_of_what_tells_nothing_apart_is_refused(root, fake_compiler, draws, rollouts):
    train_ = dataclasses.replace(TRAIN, best_of=draws, rollouts=rollouts)
    with pytest.raises(ConfigError) as caught:
        train.run(make_context(root, train=train_))
    assert caught.value.brief == f"Train.best_of={draws} cannot be used"
    assert caught.value.details.startswith(f"Train.rollouts is {rollouts};")


def test_the_best_of_several_learns_otherwise_and_the_same_twice(root, tmp_path, fake_compiler):
    every = dataclasses.replace(TRAIN, algorithm="rebel", rollouts=4, log_reward=True)
    best = dataclasses.replace(every, best_of=2)
    found = []
    for number, train_ in enumerate((every, best, best)):
        folder = shutil.copytree(root, tmp_path / str(number))
        train.run(make_context(folder, train=train_))
        found.append(hashes(folder))
    assert found[0] != found[1]
    assert found[1] == found[2]


def test_shares_without_counts_are_refused(root, fake_compiler):
    for power, details in ((0.5, "the corpus has no profile"), (-1.0, "it is negative")):
        with pytest.raises(ConfigError) as caught:
            train.run(make_context(root, train=dataclasses.replace(WEIGHED, share_power=power)))
        assert caught.value.brief == f"Train.share_power={power:g} cannot be used"
        assert caught.value.details == details


def remember(root: Path, names: list[str]) -> None:
    """Write what the default heuristic makes of some modules into the corpus."""
    found = {}
    for name in names:
        end = simulator.compile_module(Module(name, Path(name), ("-cc1",), False), None)
        failed = isinstance(end, Failed)
        found[name] = (
            end if failed else describe(dataclasses.replace(end, code=GeneratedCode(0, "", {})))
        )
    write_baselines(root / "corpus", found)
