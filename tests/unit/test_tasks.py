from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest

from regalloc.images.tree import TREE, build_tasks

CHECKOUT = Path(__file__).parents[2]
DEBIAN_12 = 'VERSION_ID="12"' in Path("/etc/os-release").read_text()


def invoke(*args: str, **environ: str) -> subprocess.CompletedProcess[str]:
    env = {**os.environ, "COLUMNS": "100", **environ}
    return subprocess.run(
        [sys.executable, "-m", "invoke", *args],
        capture_output=True, text=True, cwd=CHECKOUT, env=env, check=False,
    )  # fmt: skip


def listed() -> set[str]:
    """Return the names of all tasks."""
    lines = invoke("--list").stdout.splitlines()
    return {line.split()[0] for line in lines if line.startswith("  ") and line[2] != " "}


def test_list_names_every_task():
    assert listed() == {
        "bench", "build", "build-bench", "build-cluster", "build-corpus", "build-kit", "build-llvm",
        "build-programs", "clean", "doctor", "evaluate", "extract", "instrument", "load", "lock",
        "logs", "programs", "pull", "push", "release", "report", "save", "sbom", "shell", "status",
        "tensorboard", "trace", "train", "verify", "vocab", "warmstart",
    }  # fmt: skip


def test_make_knows_every_task():
    tasks = sorted(listed())
    done = subprocess.run(
        ["make", "--dry-run", *tasks], capture_output=True, text=True, cwd=CHECKOUT, check=False
    )
    run = {line.split()[1] for line in done.stdout.splitlines() if "/bin/invoke " in line}
    assert (done.returncode, sorted(run)) == (0, tasks), done.stderr


def test_each_image_is_built_by_one_task():
    built = [image for images in build_tasks().values() for image in images]
    assert sorted(built, key=TREE.index) == list(TREE)
    assert build_tasks()["build-llvm"] == TREE[:3]
    text = invoke("--help", "build-llvm").stdout
    assert "Build the images base, llvm, trainer: clang and tools with the ML" in text


@pytest.mark.parametrize(
    ("args", "code", "message"),
    [
        (("--profile=nope",), 10, "error: no profile 'nope'"),
        (("--bind=Train.clap=1",), 10, "error: the configuration does not fit"),
        (("--bind=Train.clip=1",), 10, "error: Train.clip is Ppo.clip now"),
        (("--jobs=two",), 10, "error: --jobs takes a whole number, not 'two'"),
        (("--bind=rollouts=2",), 10, "error: the configuration does not fit"),
        (("--seed=-1",), 10, "error: --seed and --jobs are not negative"),
        (("--llvm=17",), 10, "error: LLVM 17 is not supported"),
        (("--flavor=binary",), 10, "error: the configuration does not fit"),
        (("--registry=http://x",), 10, "error: registry 'http://x' cannot be used"),
        (("--corpus-from=deb:No!",), 10, "error: --corpus-from=deb:No! cannot be used"),
        (("--corpus-from=/nowhere",), 21, "error: there is no folder /nowhere"),
        (("--pgo", "--corpus-from=/x"), 10, "error: --pgo and --corpus-from=/x exclude each other"),
        (("--cluster=a/b",), 10, "error: --cluster=a/b names no head of a Ray cluster"),
        (("--engine=podman",), 10, "error: no engine 'podman'"),
        (("--engine=docker",), 11, "error: the docker engine does not answer"),
        # An engine that is there is meant: this machine is no substitute for it, unsaid.
        (("--engine=",), 11, "error: the docker engine does not answer"),
    ],
)
def test_a_wrong_option_leaves_with_its_errors_code(args, code, message):
    engine = "" if any(arg.startswith("--engine") for arg in args) else "--engine=local"
    words = [*args, *([engine] if engine else [])]
    done = invoke("train", "--dry-run", *words, DOCKER_HOST="unix:///nowhere.sock")
    assert (done.returncode, done.stderr.splitlines()[0]) == (code, message)
    assert "Traceback" not in done.stderr


@pytest.mark.parametrize(
    ("args", "code", "message"),
    [
        (("report", "--run=/nowhere"), 14, "error: there is no report in /nowhere"),
        (
            ("tensorboard", "--run=/nowhere", "--engine=local"),
            14,
            "error: there are no curves in /nowhere",
        ),
        (("train", "--seeds=0"), 10, "error: --seeds=0 trains nothing"),
        (("train", "--seeds=1.5"), 10, "error: --seeds takes a whole number, not '1.5'"),
        (("--dry", "clean"), 10, "error: this task has no --dry-run"),
    ],
)
def test_a_wrong_option_of_a_tasks_own_leaves_with_its_errors_code(args, code, message):
    done = invoke(*args, DOCKER_HOST="unix:///nowhere.sock")
    assert (done.returncode, done.stderr.splitlines()[0]) == (code, message)


def test_a_program_of_ones_own_must_be_there():
    done = invoke("programs", "--dry-run", "--engine=local", "--program=/nowhere")
    assert (done.returncode, done.stderr.splitlines()[:2]) == (
        28, ["error: there is no program in /nowhere", "it has no program.toml"],
    )  # fmt: skip


def test_a_policy_of_ones_own_is_measured_without_training(tmp_path):
    (tmp_path / "saved_model.pb").write_bytes(b"")
    policy, run = f"--policy={tmp_path}", f"--run={tmp_path / 'run'}"
    done = invoke("programs", "--dry-run", "--engine=local", policy, run)
    stages = [line.split()[1] for line in done.stdout.splitlines() if line.startswith("stage")]
    assert (done.returncode, stages) == (0, ["release", "programs"])


def test_debug_shows_a_traceback():
    assert "Traceback" in invoke("train", "--profile=nope", "--debug").stderr


@pytest.mark.skipif(not DEBIAN_12, reason="THE LOCAL ENGINE NEEDS DEBIAN 12")
def test_a_dry_run_says_what_it_would_do_and_does_nothing(tmp_path):
    run, cache = tmp_path / "run", tmp_path / "cache"
    done = invoke("train", "--dry-run", "--engine=local", f"--run={run}", REGALLOC_CACHE=str(cache))
    rows = [line.split() for line in done.stdout.splitlines()]
    assert done.returncode == 0
    assert [row[1] for row in rows if row[:1] == ["stage"]] == [
        "extract", "trace", "vocab", "warmstart", "train", "evaluate",
    ]  # fmt: skip
    assert rows[-1] == ["10", "to", "run,", "4", "up", "to", "date", "or", "not", "needed"]
    assert (run.exists(), cache.exists()) == (False, False)


@pytest.mark.skipif(not DEBIAN_12, reason="THE LOCAL ENGINE NEEDS DEBIAN 12")
@pytest.mark.parametrize("words", [("train", "--dry"), ("-R", "train"), ("--dry", "train")])
def test_invokes_own_dry_carries_nothing_out(tmp_path, words):
    run, cache = tmp_path / "run", tmp_path / "cache"
    done = invoke(*words, "--engine=local", f"--run={run}", REGALLOC_CACHE=str(cache))
    assert (done.returncode, done.stdout.split("\n")[0].strip()) == (0, "would do")
    assert not run.exists()


@pytest.mark.parametrize(
    ("output", "code", "said"),
    [
        ("| head -n 0", 141, ""),
        (">/dev/full", 15, "error: what is printed cannot be written\n[Errno 28] No space left on "
         "device\nwhat to do: send it to where there is space\n"),
        (">&-", 0, ""),
    ],
)  # fmt: skip
def test_output_that_goes_nowhere_is_no_fault_of_ours(tmp_path, output, code, said):
    words = f"{sys.executable} -m invoke status --engine=local --run={tmp_path} {output}"
    done = subprocess.run(
        ["bash", "-c", f"{words}; exit ${{PIPESTATUS[0]}}"],
        cwd=CHECKOUT, capture_output=True, text=True, check=False,
    )  # fmt: skip
    assert (done.returncode, done.stderr) == (code, said)
