from __future__ import annotations

from dataclasses import replace
from pathlib import Path, PurePosixPath

import pytest

from regalloc.engine import select
from regalloc.engine.local import LocalEngine, local_folder, require_debian
from regalloc.engine.protocol import Command, Mount
from regalloc.errors import ConfigError, CorpusError, EngineError, StageError


def command(root: Path, objects: str | None = None) -> Command:
    return Command(
        stage="extract",
        image="regalloc-trainer:1-t",
        toolchain_image="regalloc-llvm:1-l",
        objects_image=objects,
        argv=("extract", "--seed=0"),
        root=root,
        mounts=(Mount("corpus", root / "corpus", PurePosixPath("/corpus"), False),),
        run_id="r",
        memory_mb=100,
        pids=10,
        tty=False,
    )


@pytest.mark.parametrize(
    ("objects", "folder"), [("regalloc-corpus:1-c", "corpus-1-c"), (None, "llvm-1-l")]
)
def test_stage_argv_is_dockers_with_the_folders_appended(objects, folder):
    engine = LocalEngine(Path("/checkout"), Path("/cache"))
    assert engine.stage_argv(command(Path("/run"), objects)) == (
        "/cache/local/trainer-1-t/venv/bin/python3",
        "-m",
        "regalloc",
        "extract",
        "--seed=0",
        "--root=/run",
        "--toolchain=/cache/local/llvm-1-l/opt/llvm",
        f"--objects=/cache/local/{folder}/llvm_corpus",
    )


def test_stage_argv_of_a_release_names_kit_and_policy_and_the_trainers_python():
    engine = LocalEngine(Path("/checkout"), Path("/cache"))
    release = replace(
        command(Path("/run")),
        image="regalloc-kit:1-k",
        python_image="regalloc-trainer:1-t",
        policy_folder=Path("/mine"),
    )
    argv = engine.stage_argv(release)
    assert argv[0] == "/cache/local/trainer-1-t/venv/bin/python3"
    assert argv[-2:] == ("--kit=/cache/local/kit-1-k/opt/kit", "--policy=/mine")


def fake_python(cache: Path, script: str) -> None:
    python = local_folder(cache, "regalloc-trainer:1-t") / "venv/bin/python3"
    python.parent.mkdir(parents=True)
    python.write_text(f"#!/bin/sh\n{script}\n")
    python.chmod(0o755)


def test_run_streams_and_warns_once(tmp_path, capfdbinary):
    fake_python(tmp_path, 'echo "$PYTHONPATH $PYTHONHASHSEED $HOME"')
    engine = LocalEngine(Path("/checkout"), tmp_path)
    engine.run(command(tmp_path))
    engine.run(command(tmp_path))
    out, err = capfdbinary.readouterr()
    assert out == b"/checkout 0 /tmp\n" * 2
    assert err == b"note: the local engine isolates nothing; stages run as you do\n"


@pytest.mark.parametrize(("code", "kind"), [(21, CorpusError), (1, StageError)])
def test_run_turns_the_exit_code_into_an_error(tmp_path, code, kind):
    fake_python(tmp_path, f"exit {code}")
    with pytest.raises(kind, match="stage extract failed"):
        LocalEngine(tmp_path, tmp_path).run(command(tmp_path))


def test_image_id_is_known_only_of_a_whole_image(tmp_path):
    engine = LocalEngine(tmp_path, tmp_path)
    folder = local_folder(tmp_path, "regalloc-llvm:1-l")
    folder.mkdir(parents=True)
    assert engine.image_id("regalloc-llvm:1-l") is None
    (folder / ".whole").write_text("regalloc-llvm:1-l\n")
    assert engine.image_id("regalloc-llvm:1-l") == "local:regalloc-llvm:1-l"


def test_require_debian_takes_debian_12(tmp_path):
    release = tmp_path / "os-release"
    release.write_text('PRETTY_NAME="Debian"\nVERSION_ID="12"\nID=debian\n')
    require_debian(release)


@pytest.mark.parametrize(
    ("text", "seen"), [("ID=ubuntu\nVERSION_ID=\"24.04\"\n", "ubuntu 24.04"), ("", "nothing")]
)  # fmt: skip
def test_require_debian_says_what_it_found(tmp_path, text, seen):
    release = tmp_path / "os-release"
    release.write_text(text)
    with pytest.raises(EngineError) as caught:
        require_debian(release)
    assert caught.value.render() == (
        "error: no docker engine answers, and the local engine needs Debian 12\n"
        f"{release} says {seen}\nwhat to do: start docker, or work on Debian 12"
    )


def test_select_engine_prefers_docker_and_falls_back(tmp_path, monkeypatch):
    docker = object()
    monkeypatch.setattr(select, "require_debian", lambda: None)
    monkeypatch.setattr(select, "connect", lambda: docker)
    assert select.select_engine("", tmp_path, tmp_path) is docker
    assert select.select_engine("local", tmp_path, tmp_path).name == "local"
    monkeypatch.setattr(select, "connect", lambda: None)
    assert select.select_engine("", tmp_path, tmp_path).name == "local"


def test_select_engine_says_that_docker_does_not_answer(tmp_path, monkeypatch):
    monkeypatch.setattr(select, "connect", lambda: None)
    with pytest.raises(EngineError) as caught:
        select.select_engine("docker", tmp_path, tmp_path)
    assert caught.value.render() == (
        "error: no docker engine answers\n"
        "what to do: start it, set DOCKER_HOST, or use --engine=local on Debian 12"
    )


def test_select_engine_refuses_other_names(tmp_path):
    with pytest.raises(ConfigError, match="no engine 'podman'"):
        select.select_engine("podman", tmp_path, tmp_path)
