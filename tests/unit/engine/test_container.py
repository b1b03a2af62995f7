from __future__ import annotations

import os
from pathlib import Path, PurePosixPath

import pytest

from regalloc.engine.container import container_options
from regalloc.engine.protocol import Command, Mount


@pytest.mark.parametrize("tty", [False, True])
def test_container_options_isolate_the_stage(monkeypatch, tty):
    monkeypatch.setenv("TERM", "xterm-256color")
    monkeypatch.setenv("COLUMNS", "90")
    monkeypatch.setenv("LINES", "30")
    command = Command(
        stage="vocab",
        image="regalloc-trainer:1-t",
        toolchain_image="regalloc-llvm:1-l",
        objects_image=None,
        argv=("vocab", "--seed=0"),
        root=Path("/run"),
        mounts=(
            Mount("default_trace", Path("/run/default_trace"), PurePosixPath("/default_trace"),
                  True),
            Mount("vocab", Path("/run/vocab"), PurePosixPath("/vocab"), False),
        ),
        run_id="quick",
        memory_mb=100,
        pids=10,
        tty=tty,
    )  # fmt: skip
    terminal = {"COLUMNS": "90", "LINES": "30", "TERM": "xterm-256color"} if tty else {}
    assert container_options(command, ["x:ro"]) == {
        "image": "regalloc-trainer:1-t",
        "command": ["vocab", "--seed=0"],
        "volumes": {
            "/run/default_trace": {"bind": "/default_trace", "mode": "ro"},
            "/run/vocab": {"bind": "/vocab", "mode": "rw"},
        },
        "volumes_from": ["x:ro"],
        "environment": {
            "HOME": "/tmp",
            "PYTHONHASHSEED": "0",
            "PYTHONDONTWRITEBYTECODE": "1",
            "PYTHONUNBUFFERED": "1",
            **terminal,
        },
        "user": f"{os.getuid()}:{os.getgid()}",
        "labels": {"regalloc.run": "/run"},
        "network_mode": "none",
        "read_only": True,
        "tmpfs": {"/tmp": ""},
        "cap_drop": ["ALL"],
        "security_opt": ["no-new-privileges"],
        "mem_limit": "100m",
        "pids_limit": 10,
        "init": True,
        "tty": tty,
    }


def test_a_build_of_the_users_own_stands_where_the_images_objects_would():
    command = Command(
        stage="extract", image="t", toolchain_image="l", objects_image=None, argv=("extract",),
        objects_folder=Path("/mine"), root=Path("/run"), mounts=(), run_id="r", memory_mb=1,
        pids=1, tty=False,
    )  # fmt: skip
    assert container_options(command, [])["volumes"] == {
        "/mine": {"bind": "/llvm_corpus", "mode": "ro"}
    }


def test_a_cluster_lends_a_network_and_a_token_that_no_environment_shows():
    command = Command(
        stage="train", image="c", toolchain_image="l", objects_image=None, argv=("train",),
        root=Path("/run"), mounts=(), run_id="r", memory_mb=1, pids=1, tty=False,
        network="mine", token=Path("/home/me/token"),
    )  # fmt: skip
    options = container_options(command, [])
    assert options["network_mode"] == "mine"
    assert options["volumes"] == {"/home/me/token": {"bind": "/run/cluster-token", "mode": "ro"}}
    told = {k: v for k, v in options["environment"].items() if k.startswith("RAY_")}
    assert told == {"RAY_AUTH_MODE": "token", "RAY_AUTH_TOKEN_PATH": "/run/cluster-token"}


def test_a_policy_of_the_users_own_is_mounted_and_named():
    command = Command(
        stage="release", image="k", toolchain_image="l", objects_image=None, argv=("release",),
        policy_folder=Path("/mine"), root=Path("/run"), mounts=(), run_id="r", memory_mb=1,
        pids=1, tty=False,
    )  # fmt: skip
    options = container_options(command, [])
    assert options["volumes"] == {"/mine": {"bind": "/policy", "mode": "ro"}}
    assert options["command"] == ["release", "--policy=/policy"]
