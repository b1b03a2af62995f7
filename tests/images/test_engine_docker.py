"""The docker engine against a real one: what a stage can do, and what is left of it."""

from __future__ import annotations

import io
import os
import signal
import subprocess
import sys
import tarfile
import time
import uuid
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path, PurePosixPath
from typing import Any

import pytest

from regalloc.commands.machine import CHECKOUT, cache_folder
from regalloc.engine.command import Command, Content, ImageRef, Mount, Sandbox
from regalloc.engine.docker import DockerEngine, connect
from regalloc.engine.owner import owner_of
from regalloc.errors import CorpusError, EngineError, MemoryLimitError, StageError
from regalloc.images.builders.buildkit import DockerBuilder
from regalloc.images.tags import resolve_targets
from regalloc.profiles import load_profile
from tests.engines import docker_engine


@pytest.fixture(scope="module")
def engine() -> DockerEngine:
    found = docker_engine()
    if found is None:
        pytest.skip("NO DOCKER ENGINE ANSWERS: containers are not tested")
    return found


@pytest.fixture(scope="module")
def sdk(engine: DockerEngine) -> Iterator[Any]:
    import docker

    client = docker.from_env()
    yield client
    client.close()


@pytest.fixture(scope="module")
def base(engine: DockerEngine) -> ImageRef:
    target = resolve_targets(CHECKOUT, load_profile("quick"), os.environ)["base"]
    if engine.image_id(target.ref) is None:
        cache = cache_folder(os.environ)
        DockerBuilder(CHECKOUT, cache, os.environ, engine.images).build(target)
    return target.ref


@pytest.fixture
def command(base: ImageRef, tmp_path: Path) -> Command:
    for name in ("reads", "writes"):
        (tmp_path / name).mkdir()
    (tmp_path / "reads" / "input").write_text("given")
    return Command(
        stage="trace",
        argv=("true",),
        sandbox=Sandbox(
            image=base,
            python=base,
            mounts=(
                Mount(tmp_path / "reads", PurePosixPath("/reads")),
                Mount(tmp_path / "writes", PurePosixPath("/writes"), read_only=False),
            ),
            memory_mb=256,
            pids=64,
        ),
        root=tmp_path,
        run_id=f"test-{uuid.uuid4().hex[:8]}",
        tty=False,
    )


def within(command: Command, **changes: Any) -> Command:
    """Return the command in another sandbox."""
    return replace(command, sandbox=replace(command.sandbox, **changes))


def shell(command: Command, script: str) -> Command:
    return replace(command, argv=("sh", "-c", script))


def leftovers(sdk: Any, command: Command) -> list[str]:
    label = {"label": f"regalloc.run={owner_of(command.root)}"}
    return [container.name for container in sdk.containers.list(all=True, filters=label)]


@pytest.fixture
def run_out(engine, capfdbinary):
    def run(command: Command) -> list[str]:
        engine.run(command)
        return capfdbinary.readouterr().out.decode().split()

    return run


def test_a_stage_has_no_network(command, run_out):
    script = "cut -d: -f1 /proc/net/dev | tail -n +3"
    assert run_out(shell(command, script)) == ["lo"]


def test_a_stage_may_write_its_folder_and_tmp_and_nothing_else(command, run_out):
    script = (
        "cat /reads/input; echo; echo made >/writes/output; echo t >/tmp/t;"
        "for f in /reads/input /etc/x /x; do (echo x >$f) 2>/dev/null && echo wrote $f; done; true"
    )
    assert run_out(shell(command, script)) == ["given"]
    output = command.root / "writes" / "output"
    assert (output.read_text(), output.stat().st_uid) == ("made\n", os.getuid())


def test_a_stage_runs_as_the_caller_without_capabilities(command, run_out):
    script = "id -u; id -g; grep -E '^(CapEff|CapBnd|NoNewPrivs)' /proc/self/status | cut -f2"
    assert run_out(shell(command, script)) == [
        str(os.getuid()), str(os.getgid()), "0" * 16, "0" * 16, "1",
    ]  # fmt: skip


def test_a_stage_sees_the_fixed_environment_under_an_init(command, run_out):
    script = "echo $HOME $PYTHONHASHSEED $PYTHONDONTWRITEBYTECODE; cat /proc/1/comm"
    assert run_out(shell(command, script)) == ["/tmp", "0", "1", "docker-init"]


def test_a_stage_with_a_terminal_sees_its_size(command, run_out, monkeypatch):
    monkeypatch.setenv("COLUMNS", "77")
    monkeypatch.setenv("LINES", "22")
    script = "test -t 1 && echo tty $COLUMNS; sleep 0.3; stty size"
    assert run_out(replace(shell(command, script), tty=True)) == ["tty", "77", "22", "77"]


@pytest.mark.parametrize(
    ("code", "kind", "details"),
    [
        (21, CorpusError, ""),
        (3, StageError, "command: sh -c 'echo why; exit 3'\nended with: exit code 3\nwhy"),
    ],
)
def test_a_failing_stage_becomes_its_error(engine, sdk, command, code, kind, details):
    with pytest.raises(kind) as caught:
        engine.run(shell(command, f"echo why; exit {code}"))
    assert (caught.value.brief, caught.value.details) == ("stage trace failed", details)
    assert leftovers(sdk, command) == []


def test_a_stage_that_takes_too_much_memory_is_told_so(engine, sdk, command):
    eat = shell(command, "head -c 1g /dev/zero | tail")
    with pytest.raises((MemoryLimitError, StageError)) as caught:
        engine.run(within(replace(eat, argv=("tail", "/dev/zero")), memory_mb=32))
    assert type(caught.value) is MemoryLimitError
    assert leftovers(sdk, command) == []


def test_an_image_that_does_not_exist_is_an_engine_error(engine, sdk, command):
    with pytest.raises(EngineError, match="refused"):
        engine.run(within(command, image=ImageRef("none", "0")))
    assert leftovers(sdk, command) == []


@pytest.mark.parametrize("tty", [False, True])
def test_a_stage_may_be_silent_for_longer_than_the_sdk_waits(
    command, monkeypatch, capfdbinary, tty
):
    monkeypatch.setattr("regalloc.engine.docker.TIMEOUT_S", 1)
    impatient = connect()
    assert impatient is not None
    impatient.run(replace(shell(command, "sleep 3; echo end"), tty=tty))
    assert capfdbinary.readouterr().out.split() == [b"end"]


@pytest.fixture
def lender(sdk: Any, base: ImageRef) -> Iterator[ImageRef]:
    """Yield an image that declares a volume with a file in it, as the corpus image does."""
    content = io.BytesIO()
    with tarfile.open(fileobj=content, mode="w") as tar:
        info = tarfile.TarInfo("llvm_corpus/object.o")
        info.size = 4
        tar.addfile(info, io.BytesIO(b"code"))
    container = sdk.containers.create(str(base), ["true"])
    container.put_archive("/", content.getvalue())
    image = ImageRef("test-lender", uuid.uuid4().hex[:8])
    name, tag = str(image).split(":")
    container.commit(repository=name, tag=tag, changes=["VOLUME /llvm_corpus"])
    container.remove()
    yield image
    sdk.images.remove(str(image))


def test_objects_are_lent_read_only_and_their_volume_is_removed(sdk, command, run_out, lender):
    before = {volume.name for volume in sdk.volumes.list()}
    script = "cat /llvm_corpus/object.o; (echo x >/llvm_corpus/x) 2>/dev/null && echo wrote; true"
    objects = Content(lender, PurePosixPath("/llvm_corpus"), "objects", lent=True)
    assert run_out(replace(shell(command, script), contents=(objects,))) == ["code"]
    assert leftovers(sdk, command) == []
    assert {volume.name for volume in sdk.volumes.list()} <= before


CHILD = """
import sys
from pathlib import Path
from regalloc.engine.command import Command, ImageRef, Sandbox
from regalloc.engine.docker import connect
from regalloc.errors import StoppedError
tag, root, script = sys.argv[1:]
base = ImageRef("base", tag)
try:
    connect().run(Command(stage="trace", argv=("sh", "-c", script), root=Path(root),
        sandbox=Sandbox(image=base, python=base, mounts=(), memory_mb=64, pids=16),
        run_id="child", tty=False))
except StoppedError as error:
    print(error.brief)
    sys.exit(error.exit_code)
"""


def start_child(sdk: Any, command: Command, script: str) -> subprocess.Popen[str]:
    child = subprocess.Popen(
        [sys.executable, "-c", CHILD, command.sandbox.image.tag, str(command.root), script],
        stdout=subprocess.PIPE, text=True, cwd=CHECKOUT,
    )  # fmt: skip
    assert child.stdout is not None
    assert child.stdout.readline() == "up\n"
    assert len(leftovers(sdk, command)) == 1
    return child


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT, signal.SIGHUP, signal.SIGQUIT])
def test_a_signal_stops_and_removes_the_container(engine, sdk, command, number):
    # The stage ends at SIGTERM, as ours do; the init passes it on.
    script = "trap 'exit 0' TERM; echo up; sleep 60 & wait"
    child = start_child(sdk, command, script)
    began = time.monotonic()
    child.send_signal(number)
    out, _ = child.communicate(timeout=60)
    assert (out, child.returncode) == (f"stopped by {number.name}\n", 130)
    assert time.monotonic() - began < 9
    assert leftovers(sdk, command) == []


def test_the_container_of_a_killed_run_is_removed_by_the_next(engine, sdk, command, capfd):
    child = start_child(sdk, command, "echo up; sleep 60")
    child.kill()
    child.communicate()
    (orphan,) = leftovers(sdk, command)
    engine.remove_orphans(command.root)
    assert leftovers(sdk, command) == []
    assert f"removing container {orphan}, left by a killed run" in capfd.readouterr().err


def test_another_machines_run_at_the_same_path_is_left_alone(engine, sdk, command):
    child = start_child(sdk, command, "echo up; sleep 60")
    token = command.root / ".lock"
    theirs = token.read_text()
    # What the folder of that path is on the other machine.
    token.write_text("")
    try:
        engine.remove_orphans(command.root)
        engine.run(command)
        assert leftovers(sdk, command) == []
        token.write_text(theirs)
        assert len(leftovers(sdk, command)) == 1
        assert child.poll() is None
    finally:
        child.kill()
        child.communicate()
        token.write_text(theirs)
        engine.remove_orphans(command.root)


def test_a_name_that_is_taken_is_no_reason_to_remove_whose_it_is(engine, sdk, command, monkeypatch):
    child = start_child(sdk, command, "echo up; sleep 60")
    (name,) = leftovers(sdk, command)
    monkeypatch.setattr("secrets.token_hex", lambda size: name.rsplit("-", 1)[1])
    with pytest.raises(EngineError):
        engine.run(replace(command, run_id="child"))
    assert leftovers(sdk, command) == [name]
    child.terminate()
    child.communicate()
