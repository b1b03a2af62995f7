"""Programs as a corpus: built by exact counts, extracted with them, held out as a whole."""

from __future__ import annotations

import json
import os
import subprocess

import pytest

from regalloc.commands.machine import CHECKOUT
from regalloc.formats.corpus import read_corpus, read_trained_programs
from regalloc.formats.trained_on import read_trained_on
from regalloc.images.tags import resolve_targets
from regalloc.pipeline.manifest import read_manifest
from regalloc.profiles import load_profile
from tests.engines import call, task, why_not

pytestmark = [
    pytest.mark.skipif(bool(why_not("docker")), reason="NO DOCKER ENGINE ANSWERS"),
    pytest.mark.timeout(2400),
]
BZIP2 = "--corpus-from=program:bzip2"


def invoke(name: str, run: object, *words: str) -> str:
    """Run a task on a run of the tiny profile and return what it prints."""
    done = call(task(name, "--profile=tiny", f"--run={run}", "--engine=docker", *words))
    assert done.returncode == 0, done.stdout + done.stderr
    return done.stdout


@pytest.fixture(scope="module")
def traced(tmp_path_factory):
    """A run whose corpus is one program, up to the trace."""
    run = tmp_path_factory.mktemp("bzip2")
    invoke("trace", run, BZIP2)
    return run


def test_a_program_is_a_corpus_with_exact_counts(traced):
    modules = {module.name: module for module in read_corpus(traced / "corpus")}
    assert {"bzip2/compress.o", "bzip2/decompress.o", "bzip2/blocksort.o"} <= modules.keys()
    (profile,) = (traced / "corpus" / "profiles").iterdir()
    assert {module.profile for module in modules.values()} == {profile}
    counts = json.loads((traced / "corpus" / "entry_counts.json").read_text())
    assert counts.keys() == modules.keys()
    # One of its workloads for training compresses, another decompresses.
    assert counts["bzip2/bzip2.o"]["main"] == 2
    extraction = json.loads((traced / "corpus" / "extraction.json").read_text())
    assert extraction["skipped"] == {"never executed": ["bzip2/crctable.o", "bzip2/randtable.o"]}
    assert (traced / "default_trace" / "trace.tfrecord").stat().st_size > 0


def test_modules_compile_to_the_objects_that_the_build_made(traced):
    trainer = resolve_targets(CHECKOUT, load_profile("tiny"), os.environ)["trainer"].reference
    argv = [
        "docker", "run", "--rm", "--network=none", "--user=0", "--workdir=/opt/regalloc",
        f"--volume={CHECKOUT / 'tests'}:/opt/regalloc/tests:ro", f"--volume={traced}:/run/it:ro",
        "--entrypoint=python", trainer, "-m", "tests.pipeline.compare_built", "/run/it",
    ]  # fmt: skip
    done = subprocess.run(argv, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    found = json.loads(done.stdout.splitlines()[-1])
    assert found["other"] == []
    assert len(found["unmoved"]) < found["modules"] / 2


def test_a_second_run_skips_everything_and_another_split_keeps_the_objects(traced):
    assert "everything is up to date" in invoke("trace", traced, BZIP2)
    status = invoke("status", traced, BZIP2, "--bind=Corpus.held_out_fraction=0.5")
    rows = {line.split()[1]: line for line in status.splitlines() if " stage " in f" {line}"}
    assert "up to date" in rows["instrument"]
    assert "setting Corpus.held_out_fraction changed" in rows["extract"]


@pytest.mark.slow
def test_whole_programs_are_held_out_of_a_training_and_the_same_files_come_again(traced, tmp_path):
    words = (BZIP2, "--corpus-from=program:lua", "--bind=HoldOut.programs=('lua',)")
    output = invoke(
        "train", tmp_path, *words, "--bind=Train.share_power=0.5", "--bind=Train.rollouts=4"
    )
    assert "functions in" in output
    modules = read_corpus(tmp_path / "corpus")
    assert {m.name.partition("/")[0] for m in modules if m.held_out} == {"lua"}
    assert {m.name.partition("/")[0] for m in modules if not m.held_out} == {"bzip2"}
    assert read_trained_programs(tmp_path / "corpus") == ("bzip2",)
    assert read_trained_on(tmp_path / "output_model") == ("bzip2",)
    first = read_manifest(traced / "program_objects").writes
    second = read_manifest(tmp_path / "program_objects").writes
    of_bzip2 = {name for name in second if "bzip2" in name}
    assert {name: first[name] for name in of_bzip2} == {name: second[name] for name in of_bzip2}
