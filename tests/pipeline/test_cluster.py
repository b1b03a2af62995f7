"""Training on a real Ray cluster: a head and two nodes, each in a container of its own."""

from __future__ import annotations

import os
import secrets
import shutil
import subprocess
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from regalloc.images.tags import resolve_targets
from regalloc.layout import EVALUATION, MODEL
from regalloc.pipeline.manifest import hash_outputs, read_manifest
from regalloc.pipeline.reproduction import compare_stages
from regalloc.profiles import load_profile
from tests.engines import CHECKOUT, call, task, why_not
from tests.pipeline.conftest import PROFILE, train_argv

pytestmark = pytest.mark.timeout(2400)

NETWORK = f"regalloc-test-{os.getpid()}"
HEAD, *NODES = (f"{NETWORK}-{name}" for name in ("head", "a", "b"))
CLUSTER = (f"--cluster={HEAD}", f"--network={NETWORK}")


def docker(*words: str) -> str:
    """Call the docker client and return what it prints."""
    done = subprocess.run(["docker", *words], capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    return done.stdout


def start_node(image: str, token: Path, name: str, *flags: str) -> None:
    """Start a node as docs/cluster.md does, on a network without a way out."""
    docker(
        "run", "--detach", "--init", f"--name={name}", f"--hostname={name}",
        f"--network={NETWORK}", "--read-only", "--tmpfs=/tmp", "--shm-size=256m",
        "--cap-drop=ALL", "--security-opt=no-new-privileges", f"--volume={token}:/token:ro",
        "--env=RAY_AUTH_MODE=token", "--env=RAY_AUTH_TOKEN_PATH=/token", "--entrypoint=ray", image,
        "start", "--block", "--object-store-memory=100000000", *flags,
    )  # fmt: skip


@pytest.fixture(scope="module")
def cluster(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Path]:
    """Start a cluster and give the file with its token."""
    if reason := why_not("docker"):
        pytest.skip(f"NO CLUSTER: {reason}")
    built = call(task("build-cluster", f"--profile={PROFILE}", "--engine=docker"))
    assert built.returncode == 0, built.stdout + built.stderr
    image = resolve_targets(CHECKOUT, load_profile(PROFILE), os.environ)["cluster"].reference
    token = tmp_path_factory.mktemp("token") / "token"
    token.write_text(secrets.token_hex(32))
    token.chmod(0o444)
    docker("network", "create", "--internal", NETWORK)
    try:
        start_node(image, token, HEAD, "--head", "--num-cpus=0", "--include-dashboard=false")
        for node in NODES:
            start_node(image, token, node, f"--address={HEAD}:6379", "--num-cpus=1")
        wait_for(lambda: count_cores(HEAD) == len(NODES), "the nodes to join")
        yield token
    finally:
        subprocess.run(["docker", "rm", "--force", HEAD, *NODES], capture_output=True, check=False)
        docker("network", "rm", NETWORK)


def count_cores(head: str) -> int:
    """Return how many cores the cluster has, 0 while it does not answer."""
    script = "import ray; ray.init('auto'); print(int(ray.cluster_resources().get('CPU', 0)))"
    words = ["docker", "exec", head, "python", "-c", script]
    done = subprocess.run(words, capture_output=True, text=True, check=False)
    return int(done.stdout) if done.returncode == 0 else 0


def wait_for(condition: Callable[[], bool], what: str) -> None:
    deadline = time.monotonic() + 120
    while not condition():
        assert time.monotonic() < deadline, f"two minutes were not enough for {what}"
        time.sleep(0.2)


def test_a_cluster_that_loses_a_node_gives_what_one_machine_does(
    cluster, finished, tmp_path, monkeypatch
):
    monkeypatch.setenv("RAY_AUTH_TOKEN_PATH", str(cluster))
    local, _ = finished("docker")
    run = untrained(local, tmp_path)
    with subprocess.Popen(
        train_argv(run, "docker", *CLUSTER), cwd=CHECKOUT,
        stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True,
    ) as process:  # fmt: skip
        checkpoint = run / MODEL / "checkpoint"
        wait_for(lambda: process.poll() is not None or any(checkpoint.glob("*")), "an iteration")
        docker("kill", NODES[0])
        trained = read_manifest(run / MODEL) is not None
        output, _ = process.communicate(timeout=300)
    assert process.returncode == 0, output
    assert not trained, "it was over before the node was killed"
    assert f"compiles on {len(NODES)} cores of the cluster at ray://{HEAD}:10001" in output
    assert hash_outputs(run / MODEL) == hash_outputs(local / MODEL)
    assert list(compare_stages(run / EVALUATION, local / EVALUATION)) == []


def test_an_address_where_nobody_answers_costs_seconds(cluster, finished, tmp_path):
    run = untrained(finished("docker")[0], tmp_path)
    began = time.monotonic()
    done = call(train_argv(run, "docker", f"--cluster={HEAD}:7", f"--network={NETWORK}"))
    assert done.returncode == 29, done.stdout + done.stderr
    assert f"error: nobody answers at ray://{HEAD}:7" in done.stdout + done.stderr
    assert time.monotonic() - began < 60


def test_a_cluster_lets_in_nobody_without_its_token(cluster, finished, tmp_path):
    run = untrained(finished("docker")[0], tmp_path)
    done = call(train_argv(run, "docker", *CLUSTER))
    assert done.returncode == 29, done.stdout + done.stderr
    assert "is not the head of a Ray cluster that can be used" in done.stdout + done.stderr


def untrained(local: Path, folder: Path) -> Path:
    """Return a copy of a run as it was before its training."""
    run = folder / "run"
    shutil.copytree(local, run, symlinks=True)
    for name in (MODEL, EVALUATION):
        shutil.rmtree(run / name)
    return run
