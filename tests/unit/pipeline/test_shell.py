from __future__ import annotations

import os
from dataclasses import replace

import pytest

from regalloc.errors import ImageError
from regalloc.pipeline import shell
from regalloc.pipeline.shell import enter_shell, shell_argv


def test_shell_argv_mounts_the_folders_there_are(run):
    (run.folder / "corpus").mkdir(parents=True)
    assert shell_argv(run) == (
        "--rm",
        "--interactive",
        "--tty",
        "--init",
        "--network=none",
        "--read-only",
        "--tmpfs=/tmp",
        "--cap-drop=ALL",
        "--security-opt=no-new-privileges",
        f"--user={os.getuid()}:{os.getgid()}",
        "--env=HOME=/tmp",
        "--env=PYTHONHASHSEED=0",
        "--env=PYTHONDONTWRITEBYTECODE=1",
        "--env=PYTHONUNBUFFERED=1",
        f"--volume={run.folder}/corpus:/corpus",
        "--entrypoint=/bin/bash",
        "regalloc-trainer:1-aaa",
    )


def test_shell_without_an_image_says_what_builds_it(run):
    with pytest.raises(ImageError) as caught:
        enter_shell(run)
    assert caught.value.render() == (
        "error: there is no image regalloc-trainer:1-aaa\nwhat to do: make build-llvm"
    )


def test_shell_of_the_local_engine_starts_in_the_runs_folder(run, monkeypatch):
    run.folder.mkdir()
    calls = []
    monkeypatch.setenv("SHELL", "/bin/sh")
    monkeypatch.setattr(shell.subprocess, "call", lambda argv, cwd: calls.append((argv, cwd)) or 0)
    run.engine.name = "local"
    assert enter_shell(replace(run)) == 0
    assert calls == [(["/bin/sh"], run.folder)]
