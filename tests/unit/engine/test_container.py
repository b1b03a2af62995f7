from __future__ import annotations

import os
from dataclasses import replace
from pathlib import Path, PurePosixPath

import pytest

from regalloc.engine.command import Command, Content, ImageRef, Mount, Sandbox, Session
from regalloc.engine.container import container_options, session_argv

TRAINER = ImageRef("trainer", "1-t")
SANDBOX = Sandbox(
    image=TRAINER,
    python=TRAINER,
    mounts=(
        Mount(Path("/run/default_trace"), PurePosixPath("/default_trace")),
        Mount(Path("/run/vocab"), PurePosixPath("/vocab"), read_only=False),
    ),
    memory_mb=100,
    pids=10,
)


def command(*mounts: Mount, tty: bool = False, **sandbox: object) -> Command:
    """Return a stage with other mounts, if there are some."""
    return Command(
        stage="vocab",
        argv=("vocab", "--seed=0"),
        sandbox=replace(SANDBOX, mounts=mounts or SANDBOX.mounts, **sandbox),
        contents=(Content(ImageRef("llvm", "1-l"), PurePosixPath("/opt/llvm"), "toolchain"),),
        root=Path("/run"),
        run_id="quick",
        tty=tty,
    )


@pytest.fixture(autouse=True)
def groups(monkeypatch):
    """The groups of whoever calls."""
    monkeypatch.setattr(os, "getgroups", lambda: [27, os.getgid(), 4])


def mounted(source: str, target: str, read_only: bool = True) -> dict[str, object]:
    return {"Type": "bind", "Source": source, "Target": target, "ReadOnly": read_only}


@pytest.mark.parametrize("tty", [False, True])
def test_container_options_isolate_the_stage(monkeypatch, tty):
    monkeypatch.setenv("TERM", "xterm-256color")
    monkeypatch.setenv("COLUMNS", "90")
    monkeypatch.setenv("LINES", "30")
    terminal = ["COLUMNS=90", "LINES=30", "TERM=xterm-256color"] if tty else []
    assert container_options(command(tty=tty), ["x:ro"], {"regalloc.run": "token"}) == {
        "image": "regalloc-trainer:1-t",
        "command": ["vocab", "--seed=0"],
        "mounts": [
            mounted("/run/default_trace", "/default_trace"),
            mounted("/run/vocab", "/vocab", read_only=False),
        ],
        "volumes_from": ["x:ro"],
        "environment": [
            "HOME=/tmp",
            "PYTHONHASHSEED=0",
            "PYTHONDONTWRITEBYTECODE=1",
            "PYTHONUNBUFFERED=1",
            *terminal,
        ],
        "user": f"{os.getuid()}:{os.getgid()}",
        "group_add": ["4", "27"],
        "labels": {"regalloc.run": "token"},
        "network_mode": "none",
        "read_only": True,
        "tmpfs": {"/tmp": "size=50m"},
        "cap_drop": ["ALL"],
        "security_opt": ["no-new-privileges"],
        "mem_limit": "100m",
        "memswap_limit": "100m",
        "pids_limit": 10,
        "init": True,
        "tty": tty,
    }


def test_a_mount_that_a_flag_names_is_named_by_its_place_in_the_container():
    policy = Mount(Path("/mine"), PurePosixPath("/policy"), flag="policy")
    options = container_options(command(policy), [], {})
    assert options["mounts"] == [mounted("/mine", "/policy")]
    assert options["command"] == ["vocab", "--seed=0", "--policy=/policy"]


def test_a_mount_that_a_variable_names_is_seen_in_no_command_line():
    token = Mount(Path("/home/me/token"), PurePosixPath("/run/token"), variable="TOKEN_PATH")
    options = container_options(
        command(token, network="mine", environment=(("AUTH", "token"),)), [], {}
    )
    assert options["network_mode"] == "mine"
    assert options["mounts"] == [mounted("/home/me/token", "/run/token")]
    assert options["environment"][-2:] == ["AUTH=token", "TOKEN_PATH=/run/token"]
    assert options["command"] == ["vocab", "--seed=0"]


def test_a_shell_is_isolated_as_a_stage_is():
    session = Session(program="shell", sandbox=SANDBOX, tty=True)
    assert session_argv(session) == (
        "run",
        "--rm",
        "--interactive",
        "--tty",
        "--mount=type=bind,source=/run/default_trace,target=/default_trace,readonly",
        "--mount=type=bind,source=/run/vocab,target=/vocab",
        "--env=HOME=/tmp",
        "--env=PYTHONHASHSEED=0",
        "--env=PYTHONDONTWRITEBYTECODE=1",
        "--env=PYTHONUNBUFFERED=1",
        f"--user={os.getuid()}:{os.getgid()}",
        "--group-add=4",
        "--group-add=27",
        "--network=none",
        "--read-only",
        "--tmpfs=/tmp:size=50m",
        "--cap-drop=ALL",
        "--security-opt=no-new-privileges",
        "--memory=100m",
        "--memory-swap=100m",
        "--pids-limit=10",
        "--init",
        "--entrypoint=/bin/bash",
        "regalloc-trainer:1-t",
    )


def test_what_is_served_is_published_on_loopback_alone():
    sandbox = replace(SANDBOX, mounts=(), network="bridge")
    session = Session(program="python", argv=("-c", "serve()"), sandbox=sandbox, port=7007)
    argv = session_argv(session)
    assert argv[:3] == ("run", "--rm", "--publish=127.0.0.1:7007:7007")
    assert "--network=bridge" in argv
    assert argv[-4:] == (
        "--entrypoint=/opt/venv/bin/python", "regalloc-trainer:1-t", "-c", "serve()",
    )  # fmt: skip


def test_a_folder_may_have_any_name():
    folder = Path('/a:b/c,d "e"')
    place = PurePosixPath("/vocab")
    assert container_options(command(Mount(folder, place)), [], {})["mounts"] == [
        mounted(str(folder), "/vocab")
    ]
    session = Session(program="shell", sandbox=replace(SANDBOX, mounts=(Mount(folder, place),)))
    assert session_argv(session)[2] == (
        '--mount=type=bind,"source=/a:b/c,d ""e""",target=/vocab,readonly'
    )
