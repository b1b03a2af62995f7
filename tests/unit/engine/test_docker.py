from __future__ import annotations

from pathlib import Path, PurePosixPath
from types import SimpleNamespace

import pytest
from docker.errors import DockerException, ImageNotFound

from regalloc.engine import sdk
from regalloc.engine.command import ImageRef, Mount, Sandbox, Session
from regalloc.engine.container import session_argv
from regalloc.engine.docker import DockerEngine, connect
from regalloc.errors import EngineError, ImageError

TRAINER = ImageRef("trainer", "1-t")
SESSION = Session(
    program="shell",
    sandbox=Sandbox(image=TRAINER, python=TRAINER, mounts=(), memory_mb=1, pids=1),
    folder=Path("/run"),
    tty=True,
)


class Images:
    """The part of the SDK that knows images."""

    def __init__(self, *references: str) -> None:
        self.references = list(references)

    def get(self, reference: str) -> SimpleNamespace:
        if reference not in self.references:
            raise ImageNotFound("no such image")
        return SimpleNamespace(id=f"sha256:{reference}")

    def list(self) -> list[SimpleNamespace]:
        return [SimpleNamespace(tags=[reference]) for reference in self.references]

    def remove(self, reference: str, force: bool) -> None:
        self.references.remove(reference)


def engine(*references: str) -> DockerEngine:
    return DockerEngine(SimpleNamespace(images=Images(*references)))


def test_a_session_without_its_image_says_what_builds_it():
    with pytest.raises(ImageError) as caught:
        engine().interact(SESSION)
    assert caught.value.render() == (
        "error: there is no image regalloc-trainer:1-t\nwhat to do: make build-llvm"
    )


def test_a_session_without_a_client_says_what_to_do(monkeypatch):
    monkeypatch.setenv("PATH", "")
    with pytest.raises(ImageError) as caught:
        engine("regalloc-trainer:1-t").interact(SESSION)
    assert caught.value.render() == (
        "error: no docker client on PATH\nwhat to do: install one, or use --engine=local"
    )


def test_a_session_is_the_clients_and_ends_with_its_code(monkeypatch):
    calls = []
    monkeypatch.setattr("shutil.which", lambda name: f"/bin/{name}")
    monkeypatch.setattr("subprocess.call", lambda argv: calls.append(argv) or 7)
    assert engine("regalloc-trainer:1-t").interact(SESSION) == 7
    assert calls == [["/bin/docker", *session_argv(SESSION)]]


def test_images_are_removed_by_name_in_the_order_asked_for():
    found = engine(
        "regalloc-base:b", "regalloc-kit:1-k", "regalloc-kit:1-l", "regalloc-kitten:1-a", "x:1"
    )
    assert found.remove_images(("kit", "base")) == (
        "regalloc-kit:1-k", "regalloc-kit:1-l", "regalloc-base:b",
    )  # fmt: skip
    assert [image.tags for image in found._client.images.list()] == [
        ["regalloc-kitten:1-a"], ["x:1"],
    ]  # fmt: skip


def test_an_image_is_known_by_its_id_and_a_mount_by_its_target():
    assert engine("regalloc-trainer:1-t").image_id(TRAINER) == "sha256:regalloc-trainer:1-t"
    assert engine().image_id(TRAINER) is None
    mount = Mount(Path("/mine"), PurePosixPath("/policy"))
    assert engine().place_of(mount) == PurePosixPath("/policy")


def test_no_engine_is_none_where_nobody_set_one_up(monkeypatch, tmp_path):
    monkeypatch.delenv("DOCKER_HOST", raising=False)
    monkeypatch.setattr("docker.from_env", refuse("No such file or directory"))
    monkeypatch.setattr(sdk, "SOCKET", tmp_path / "docker.sock")
    assert connect() is None


@pytest.mark.parametrize(
    ("said", "brief", "todo"),
    [
        (
            "('Connection aborted.', PermissionError(13, 'Permission denied'))",
            "this user may not use the docker engine",
            "let an administrator add the user to the group docker, or use --engine=local, which "
            "isolates nothing",
        ),
        (
            "Connection refused",
            "the docker engine does not answer",
            "start it, correct DOCKER_HOST, or use --engine=local, which isolates nothing",
        ),
    ],
)
@pytest.mark.parametrize("place", ["variable", "socket"])
def test_an_engine_that_is_there_is_not_passed_over(
    monkeypatch, tmp_path, said, brief, todo, place
):
    socket = tmp_path / "docker.sock"
    monkeypatch.setattr(sdk, "SOCKET", socket)
    if place == "socket":
        monkeypatch.delenv("DOCKER_HOST", raising=False)
        socket.touch()
    else:
        monkeypatch.setenv("DOCKER_HOST", "tcp://127.0.0.1:1")
    monkeypatch.setattr("docker.from_env", refuse(said))
    with pytest.raises(EngineError) as caught:
        connect()
    assert caught.value.render() == f"error: {brief}\n{said}\nwhat to do: {todo}"


def refuse(said: str):
    def from_env(**_: object) -> None:
        raise DockerException(said)

    return from_env
