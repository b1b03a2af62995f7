from dataclasses import replace

import numpy as np
import pytest

from regalloc.compiler import proof
from regalloc.compiler.processes import Processes
from regalloc.compiler.proof import Prover, find_difference
from regalloc.formats.baselines import Baseline
from regalloc.formats.compile_results import Compiled, Failed
from regalloc.formats.logs import Outcome
from regalloc.formats.replays import FULL, Proof, Replay
from tests.unit.compiler.fakes import (
    LIMITS,
    make_episode,
    make_log,
    make_module,
    make_toolchain,
)

EPISODES = [make_episode("f", 3, 1.5), make_episode("g", 1, 0.5)]
OTHER = [make_episode("f", 3, 1.5), make_episode("g", 1, 0.25)]
OUTCOMES = (Outcome("f", 1.5, 3), Outcome("g", 0.5, 1))


@pytest.fixture
def prove(tmp_path, monkeypatch):
    """Prove a module whose compile runs a script; ``$input`` names the bitcode it starts from."""
    kept = []

    def mark(bitcode, keep):
        kept.append(keep)
        return bitcode

    monkeypatch.setattr(proof, "drop_functions", mark)
    toolchain = make_toolchain(tmp_path / "llvm")
    for name, episodes in (("right", EPISODES), ("wrong", OTHER)):
        (tmp_path / name).write_bytes(make_log(episodes))

    def run(script, **limits):
        module = make_module(tmp_path / "corpus", "m", script.format(tmp_path))
        prover = Prover(toolchain, replace(LIMITS, **limits), tmp_path / "corpus")
        baseline, found = prover.prove(module, Processes())
        assert found.seconds >= 0
        files = sorted(p.name for p in (tmp_path / "corpus").iterdir())
        return baseline, replace(found, seconds=0.0), files

    run.kept = kept
    return run


def test_what_gives_the_same_is_compiled_from_its_functions_with_a_decision(prove):
    baseline, found, files = prove("cp {}/right $log")
    assert isinstance(baseline, Baseline)
    assert baseline.outcomes == OUTCOMES
    assert found == Proof("reduced")
    assert files == ["m.bc", "m.optimised", "m.reduced"]
    assert prove.kept == [{"f", "g"}]


def test_a_module_without_a_decision_is_not_optimised(prove):
    baseline, found, files = prove("true")
    assert baseline.outcomes == ()
    assert (found, files) == (Proof("nothing"), ["m.bc"])


@pytest.mark.parametrize(
    ("optimised", "reason"),
    [
        ("cp {0}/wrong $log", "another score in g"),
        ("true", "0 functions with a decision, not 2"),
        ("cp {0}/right $log; echo more >>$object", "another object"),
        ("echo why >&2; exit 3", "exit: exit code 3\nwhy"),
        ("cp {0}/right $log; kill -SEGV $$", "signal: SIGSEGV"),
    ],
)
def test_what_differs_once_it_is_optimised_is_compiled_in_full(prove, optimised, reason):
    script = f"case $input in *.optimised) {optimised} ;; *) cp {{0}}/right $log ;; esac"
    baseline, found, files = prove(script)
    assert baseline.outcomes == OUTCOMES
    assert (found, files) == (Proof("full", reason), ["m.bc"])


@pytest.mark.parametrize(
    ("reduced", "reason"),
    [("cp {0}/wrong $log", "another score in g"), ("exit 3", "exit: exit code 3")],
)
def test_what_differs_once_it_is_reduced_keeps_all_functions(prove, reduced, reason):
    script = f"case $input in *.reduced) {reduced} ;; *) cp {{0}}/right $log ;; esac"
    _, found, files = prove(script)
    assert (found, files) == (Proof("optimised", reason), ["m.bc", "m.optimised"])


def test_bitcode_of_an_unknown_form_keeps_all_functions(prove, monkeypatch):
    def refuse(bitcode, keep):
        raise ValueError("no raw bitcode")

    monkeypatch.setattr(proof, "drop_functions", refuse)
    _, found, files = prove("cp {}/right $log")
    assert found == Proof("optimised", "bad_module: no raw bitcode")
    assert files == ["m.bc", "m.optimised"]


def test_what_does_not_compile_in_full_has_no_baseline(prove):
    baseline, found, files = prove("exit 2", attempts=2)
    assert baseline == Failed("m", "exit", "exit code 2", 2)
    assert (found, files) == (Proof("full", "exit: exit code 2"), ["m.bc"])


def test_an_older_replay_is_no_proof_of_itself(prove, tmp_path):
    module = make_module(tmp_path / "corpus", "m", f"cp {tmp_path}/right $log")
    stale = replace(module, replay=Replay(tmp_path / "gone.optimised"))
    prover = Prover(make_toolchain(tmp_path / "other"), LIMITS, tmp_path / "corpus")
    assert stale.replay != FULL
    assert prover.prove(stale, Processes())[1].mode == "reduced"


def differ(change):
    """Return what is found between a compile and itself with a change in one episode."""
    full = Compiled("m", tuple(EPISODES), 0.0, 0.0)
    return find_difference(full, replace(full, episodes=(EPISODES[0], change(EPISODES[1]))))


def test_each_bit_of_an_episode_counts():
    assert differ(lambda e: e) == ""
    above = float(np.nextafter(np.float32(0.5), np.float32(1)))
    assert differ(lambda e: replace(e, score=above)) == "another score in g"
    assert differ(lambda e: replace(e, score=float("nan"))) == "another score in g"
    assert differ(lambda e: replace(e, function="h")) == "another function in g"
    assert differ(lambda e: replace(e, actions=e.actions + 1)) == "another index_to_evict in g"
    assert differ(lambda e: replace(e, extras={"logits": e.actions})) == "another outputs in g"


def test_a_zero_of_another_sign_counts():
    def negate(episode):
        nsr = episode.observations["progress"]
        values = {**episode.observations, "progress": np.full_like(nsr, -0.0)}
        return replace(episode, observations=values)

    zero = replace(EPISODES[1], observations={
        **EPISODES[1].observations,
        "progress": np.zeros_like(EPISODES[1].observations["progress"]),
    })  # fmt: skip
    assert zero.find_difference(negate(zero)) == "progress"


@pytest.mark.parametrize("tool", ["clang", "opt"])
def test_a_tool_that_is_killed_once_changes_no_proof(prove, tmp_path, tool):
    undisturbed = prove("cp {}/right $log")
    path = tmp_path / "llvm" / "bin" / tool
    path.with_name("real").write_bytes(path.read_bytes())
    path.with_name("real").chmod(0o755)
    # Of clang's calls the one that optimises.
    wanted = "*-emit-llvm-bc*" if tool == "clang" else "*"
    path.write_text(
        f'#!/bin/sh\ncase "$*" in {wanted})\n'
        f"  if ! test -e {tmp_path}/killed; then touch {tmp_path}/killed; kill -KILL $$; fi ;;\n"
        f'esac\nexec {path.with_name("real")} "$@"\n'
    )
    assert prove("cp {}/right $log") == undisturbed
    assert (tmp_path / "killed").exists()
