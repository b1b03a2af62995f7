from __future__ import annotations

from types import SimpleNamespace

import pytest

from regalloc.commands import backend
from regalloc.commands.backend import select_backend
from regalloc.engine.docker import DockerEngine
from regalloc.engine.local import LocalEngine
from regalloc.errors import ConfigError, EngineError
from regalloc.images.builders.buildkit import DockerBuilder
from regalloc.images.builders.local_images import LocalBuilder
from regalloc.images.transfer.prebuilt import PullOrBuild

DOCKER = DockerEngine(SimpleNamespace())


@pytest.fixture
def answers(monkeypatch):
    """Return a function that says which docker engine answers."""
    monkeypatch.setattr(backend, "require_debian", lambda: None)

    def answer(engine: DockerEngine | None) -> None:
        monkeypatch.setattr(backend, "connect", lambda: engine)

    return answer


def test_docker_is_preferred_when_it_answers(answers, tmp_path):
    answers(DOCKER)
    found = select_backend("", tmp_path, {})
    assert found.engine is DOCKER
    assert isinstance(found.builder, DockerBuilder)
    assert found.builder.store is DOCKER.images
    assert isinstance(select_backend("local", tmp_path, {}).engine, LocalEngine)


def test_without_docker_this_machine_runs_and_builds(answers, tmp_path):
    answers(None)
    found = select_backend("", tmp_path, {}, jobs=3, registry="r.example")
    assert isinstance(found.engine, LocalEngine)
    assert isinstance(found.builder, LocalBuilder)
    assert found.builder.jobs == 3


def test_a_registry_is_asked_before_docker_builds(answers, tmp_path):
    answers(DOCKER)
    builder = select_backend("docker", tmp_path, {}, registry="r.example/us").builder
    assert isinstance(builder, PullOrBuild)
    assert (builder.registry.address, builder.registry.store) == ("r.example/us", DOCKER.images)


def test_it_is_said_that_docker_is_not_there(answers, tmp_path):
    answers(None)
    with pytest.raises(EngineError) as caught:
        select_backend("docker", tmp_path, {})
    assert caught.value.render() == (
        "error: there is no docker engine\n"
        "what to do: start it, set DOCKER_HOST, or use --engine=local on Debian 12"
    )


def test_other_names_are_refused(tmp_path):
    with pytest.raises(ConfigError, match="no engine 'podman'"):
        select_backend("podman", tmp_path, {})
