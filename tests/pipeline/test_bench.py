"""`invoke bench` on LLVM's Demangle library: what it writes, and that both ways decide alike."""

from __future__ import annotations

import shutil

import pytest

from regalloc.pipeline.manifest import read_manifest
from regalloc.profiles import load_profile
from regalloc.report import bench_result as report
from regalloc.settings import Bench, Train
from tests.engines import call, task
from tests.pipeline.conftest import PROFILE

pytestmark = pytest.mark.timeout(1200)


def test_bench_measures_all_and_both_ways_decide_alike(trained, engine, tmp_path):
    folder, _ = trained
    run = tmp_path / "bench"
    shutil.copytree(folder, run, symlinks=True)
    done = call(task("bench", f"--profile={PROFILE}", f"--run={run}", f"--engine={engine}"))
    assert done.returncode == 0, done.stdout + done.stderr
    settings = load_profile(PROFILE).get(Bench)
    content = report.read(run / "bench" / "bench.json")

    compiles = content.compiles
    assert compiles.differing == {}
    assert len(compiles.modules) == settings.modules
    ways = ["upstream", "tensorflow", "alone", "ours", "floor"]
    assert [cost.way for cost in compiles.costs] == ways
    alone, ours = compiles.cost("alone"), compiles.cost("ours")
    once = settings.modules * settings.rounds
    assert alone.compiles == compiles.cost("upstream").compiles == once
    assert ours.compiles == once * compiles.rollouts
    assert compiles.rollouts == load_profile(PROFILE).get(Train).rollouts
    assert compiles.cost("tensorflow").decisions * settings.rounds == alone.decisions > 0
    assert 0 < compiles.upstream_equal <= compiles.upstream_decisions
    # More than the launcher has, so that it was the compiler that was measured.
    assert 20 < alone.peak_mb < ours.peak_mb < compiles.cost("upstream").peak_mb

    assert [one.learner for one in content.steps] == ["reference", "ppo", "rebel"]
    assert {one.decisions for one in content.steps} == {
        settings.batch_size * settings.sequence_length
    }
    theirs, own = content.iterations
    assert (theirs.measured_modules, theirs.measured_steps, theirs.scaled) == (
        settings.upstream_modules, settings.upstream_steps, True,
    )  # fmt: skip
    assert (own.measured_modules, own.measured_steps, own.scaled) == (
        settings.iteration_modules, settings.iteration_steps, False,
    )  # fmt: skip
    sides = ("upstream", "ours")
    assert [(p.side, p.workers) for p in content.by_workers] == [
        (side, workers) for workers in settings.workers for side in sides
    ]
    assert [(p.side, p.modules) for p in content.by_size] == [
        (side, size) for size in settings.sizes for side in sides
    ]
    assert len(content.goals) == 5
    assert f"exact: all observations, decisions and scores of {settings.modules}" in done.stdout
    assert (run / "bench.svg").read_text().endswith("</svg>\n")


def test_bench_refuses_a_corpus_that_is_too_small(trained, engine, tmp_path):
    folder, _ = trained
    run = tmp_path / "bench"
    shutil.copytree(folder, run, symlinks=True)
    words = (f"--profile={PROFILE}", f"--run={run}", f"--engine={engine}")
    done = call(task("bench", *words, "--bind=Bench.modules=1000"))
    assert done.returncode == 21, done.stdout + done.stderr
    assert "the corpus has too few modules" in done.stdout + done.stderr
    assert read_manifest(run / "bench") is None
