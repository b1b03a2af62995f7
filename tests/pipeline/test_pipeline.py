"""The whole pipeline on LLVM's Demangle library, through the tasks a user calls."""

from __future__ import annotations

import json
import os
import shutil
import signal
import subprocess
import time
from pathlib import Path

import msgspec
import pytest

from regalloc.layout import (
    BENCH,
    EVALUATION,
    FOLDERS,
    MODEL,
    OWN_PROGRAMS,
    PROGRAM_OBJECTS,
    PROGRAMS,
    RELEASE,
)
from regalloc.pipeline.manifest import (
    look_at_outputs,
    read_manifest,
    write_manifest,
    write_marks,
)
from regalloc.pipeline.reproduction import compare_stages
from regalloc.report import report
from regalloc.report.rows import AGAIN, POLICY
from tests.engines import CHECKOUT, ENGINES, call, task, why_not
from tests.pipeline.conftest import PROFILE, train, train_argv

pytestmark = pytest.mark.timeout(2400)

REPRODUCED = tuple(
    folder
    for folder in FOLDERS
    if folder not in (EVALUATION, RELEASE, PROGRAMS, OWN_PROGRAMS, PROGRAM_OBJECTS, BENCH)
)
"""Folders of a training whose files are the same in every run; the report holds times."""


def hashes(folder: Path) -> dict[str, dict[str, str]]:
    """Return the sha256 of every file of every stage."""
    found = {}
    for name in REPRODUCED:
        manifest = read_manifest(folder / name)
        assert manifest is not None, f"{name} has no manifest"
        found[name] = dict(manifest.writes)
    return found


def policy_of(folder: Path) -> str:
    """Return the hash of the evaluated policy."""
    return report.read(folder / EVALUATION / "report.json").policies[POLICY]


def test_training_ends_with_a_report(trained):
    folder, output = trained
    content = report.read(folder / EVALUATION / "report.json")
    assert content.held_out.modules > 0
    assert content.held_out.functions > 0
    assert content.train.functions > 0
    assert content.failures == ()
    assert content.held_out.comparisons[POLICY].score.ratio is not None
    assert set(content.times.stages_s) == {
        "extract", "trace", "vocab", "warmstart", "train", "evaluate",
    }  # fmt: skip
    assert content.verdict.text in " ".join(output.split())
    assert (folder / "report.html").is_file()


def test_code_generation_alone_gives_the_same_for_every_module(trained):
    folder, _ = trained
    replays = json.loads((folder / "corpus" / "replay.json").read_text())["modules"]
    assert {replay["compiles"] for replay in replays.values()} <= {"reduced", "nothing"}, replays
    assert sum(replay["compiles"] == "reduced" for replay in replays.values()) > 1


def test_default_against_itself_is_exact(trained):
    folder, _ = trained
    content = report.read(folder / EVALUATION / "report.json")
    for part in (content.held_out, content.train):
        noise = part.comparisons[AGAIN]
        assert (noise.equal, noise.other_objects) == (part.functions, 0)


def test_equal_runs_differ_in_their_times_only(trained, engine, tmp_path):
    folder, _ = trained
    run = tmp_path / "again"
    shutil.copytree(folder, run, symlinks=True)
    shutil.rmtree(run / EVALUATION)
    train(run, engine)
    assert list(compare_stages(folder / EVALUATION, run / EVALUATION)) == []


def test_results_belong_to_the_caller(trained):
    folder, _ = trained
    owners = {path.stat().st_uid for path in folder.rglob("*") if not path.is_symlink()}
    assert owners == {os.getuid()}


def test_second_run_skips_everything(trained, engine):
    folder, _ = trained
    before = hashes(folder)
    output = train(folder, engine)
    assert "everything is up to date" in output
    assert hashes(folder) == before


def test_every_skip_has_its_reason(trained, engine):
    folder, _ = trained
    run = call(task("status", f"--profile={PROFILE}", f"--run={folder}", f"--engine={engine}"))
    assert run.returncode == 0, run.stderr
    assert run.stdout.count("up to date") >= len(REPRODUCED)
    assert "0 to run" in run.stdout


def test_same_seed_gives_same_hashes_whatever_the_jobs(trained, engine, tmp_path):
    folder, _ = trained
    train(tmp_path, engine, "--jobs=1")
    assert hashes(tmp_path) == hashes(folder)


@pytest.mark.slow
def test_engines_give_the_same_hashes(finished):
    for engine in ENGINES:
        if reason := why_not(engine):
            pytest.skip(f"engine {engine}: {reason}")
    docker, local = (hashes(finished(engine)[0]) for engine in ENGINES)
    assert local == docker


def test_other_seed_gives_another_policy(trained, engine, tmp_path):
    folder, _ = trained
    output = train(tmp_path, engine, "--seed=1", "--bind=Train.policy_iterations=1")
    assert "the trained policy" in output
    assert policy_of(tmp_path) != policy_of(folder)


def test_killed_training_goes_on_and_ends_with_the_same_policy(trained, engine, tmp_path):
    folder, _ = trained
    run = tmp_path / "killed"
    shutil.copytree(folder, run, symlinks=True)
    shutil.rmtree(run / MODEL)
    shutil.rmtree(run / EVALUATION)
    process = subprocess.Popen(
        train_argv(run, engine),
        cwd=CHECKOUT,
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
        start_new_session=True,
    )
    wait_for_checkpoint(run, process)
    os.killpg(process.pid, signal.SIGKILL)
    process.wait()
    assert not read_manifest(run / MODEL), "it was over before it was killed"
    output = train(run, engine)
    assert "goes on where it stopped" in output
    assert hashes(run) == hashes(folder)


def wait_for_checkpoint(run: Path, process: subprocess.Popen[bytes]) -> None:
    """Wait until one iteration's work is safe on disk."""
    deadline = time.monotonic() + 600
    checkpoint = run / MODEL / "checkpoint"
    while not (checkpoint.is_dir() and any(checkpoint.iterdir())):
        assert process.poll() is None, "training ended before its first checkpoint"
        assert time.monotonic() < deadline, "no checkpoint after ten minutes"
        time.sleep(0.05)


def test_corrupt_module_is_refused_by_name(trained, engine, tmp_path):
    folder, _ = trained
    run = tmp_path / "corrupt"
    shutil.copytree(folder, run, symlinks=True)
    corpus = run / "corpus"
    for suffix in ("bc", "optimised", "reduced"):
        for module in corpus.rglob(f"*.{suffix}"):
            module.write_bytes(b"BC\xc0\xde" + bytes(module.stat().st_size - 4))
    # As if it had been made so: what was changed since would be cut out again.
    outputs, made = look_at_outputs(corpus), read_manifest(corpus)
    hashes_now = {path: output.sha256 for path, output in outputs.items()}
    write_manifest(corpus, msgspec.structs.replace(made, writes=hashes_now))
    write_marks(corpus, outputs)
    for name in FOLDERS[1:]:
        shutil.rmtree(run / name, ignore_errors=True)
    result = call(train_argv(run, engine))
    assert result.returncode == 26, result.stdout + result.stderr
    message = result.stdout + result.stderr
    assert "modules did not compile" in message
    assert read_manifest(run / "default_trace") is None


@pytest.mark.parametrize("damage", ["cut short", "of the same size"])
def test_module_that_was_changed_is_cut_out_again(trained, engine, tmp_path, damage):
    folder, _ = trained
    run = tmp_path / "changed"
    shutil.copytree(folder, run, symlinks=True)
    module = min((run / "corpus").rglob("*.bc"))
    content = module.read_bytes()
    module.write_bytes(content[:100] if damage == "cut short" else content[:-1] + b"\xff")
    result = call(task("extract", f"--profile={PROFILE}", f"--run={run}", f"--engine={engine}"))
    assert result.returncode == 0, result.stdout + result.stderr
    assert hashes(run)["corpus"] == hashes(folder)["corpus"]
