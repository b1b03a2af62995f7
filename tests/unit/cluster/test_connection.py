from __future__ import annotations

import socket
import sys
from types import ModuleType

import pytest

from regalloc.cluster import connection
from regalloc.cluster.address import Address
from regalloc.cluster.connection import connect
from regalloc.errors import ClusterError


@pytest.fixture(autouse=True)
def _environment(monkeypatch):
    monkeypatch.setattr(connection.os, "environ", {})


@pytest.fixture
def install(monkeypatch):
    """Return a function that puts a module in Ray's place, whose init does what it is told."""

    def put(init):
        ray = ModuleType("ray")
        ray.init = init
        for name in ("ray", "ray.util", "ray.util.scheduling_strategies"):
            monkeypatch.setitem(sys.modules, name, ray if name == "ray" else ModuleType(name))
        return ray

    return put


@pytest.fixture
def head():
    """An address where somebody answers."""
    with socket.create_server(("127.0.0.1", 0)) as server:
        yield Address(*server.getsockname())


def fail(error):
    def init(*_, **__):
        raise error

    return init


def refusal(address):
    with pytest.raises(ClusterError) as caught:
        connect(address)
    return caught.value


def test_ray_is_told_the_address_and_returned(install, head):
    asked = []
    ray = install(lambda address, **options: asked.append(address))
    assert connect(head) is ray
    assert asked == [f"ray://127.0.0.1:{head.port}"]


def test_without_ray_its_image_is_named(monkeypatch, head):
    monkeypatch.setitem(sys.modules, "ray", None)
    error = refusal(head)
    assert error.brief == "Ray is not installed where the stage runs"
    assert error.resolution == "build it: invoke build-cluster"


def test_an_address_where_nobody_answers_is_named(install):
    install(fail(AssertionError("Ray must not be asked")))
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
        assert refusal(Address("127.0.0.1", port)).brief == (
            f"nobody answers at ray://127.0.0.1:{port}"
        )


def test_what_answers_and_is_no_head_is_named(install, head):
    install(fail(ConnectionError("ray client connection timeout")))
    error = refusal(head)
    assert (
        error.brief == f"what answers at {head} is not the head of a Ray cluster that can be used"
    )
    assert error.details == "ray client connection timeout"


def test_another_version_of_ray_is_named(install, head):
    install(fail(RuntimeError("Version mismatch: Ray: 2.59.0, Python: 3.11.2")))
    error = refusal(head)
    assert error.brief == f"the cluster at {head} cannot be used by this version of Ray"
    assert "2.59.0" in error.details
