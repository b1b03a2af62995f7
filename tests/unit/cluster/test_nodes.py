from __future__ import annotations

import pytest

from regalloc.cluster import nodes
from regalloc.cluster.identity import Identity
from regalloc.cluster.node import UnfitNode
from regalloc.cluster.nodes import Watch, check_nodes
from regalloc.errors import ClusterError
from tests.unit.cluster.fakes import FakeRay, node

IDENTITY = Identity("a" * 64, "b" * 64)


def test_every_node_with_a_core_is_asked_where_it_is():
    members = [node("b", 2), node("a", 4), node("head", 0), node("dead", 8, alive=False)]
    ray = FakeRay(members, answer=lambda identity: None)
    assert check_nodes(ray, IDENTITY) == 6
    assert ray.options == [
        {"num_cpus": 0, "max_retries": 0, "scheduling_strategy": (name, False)}
        for name in ("a", "b")
    ]


def test_a_cluster_of_a_head_alone_is_refused():
    with pytest.raises(ClusterError) as caught:
        check_nodes(FakeRay([node("head", 0)]), IDENTITY)
    assert caught.value.brief == "the cluster has no node that compiles"


def test_a_node_with_other_code_is_named():
    ray = FakeRay(
        [node("a")], answer=lambda _: UnfitNode("a", identity=Identity("a" * 64, "c" * 64))
    )
    with pytest.raises(ClusterError) as caught:
        check_nodes(ray, IDENTITY)
    assert caught.value.brief == "node a of the cluster has another toolchain"
    assert caught.value.details == "code: bbbbbbbbbbbb here, cccccccccccc there"


def test_a_node_that_does_not_answer_is_named():
    with pytest.raises(ClusterError) as caught:
        check_nodes(FakeRay([node("a")], stuck=True), IDENTITY)
    assert caught.value.brief == "node a (10.0.0.1) of the cluster does not answer"


def test_a_cluster_without_nodes_is_waited_for_and_then_given_up(monkeypatch):
    time, said = [0.0], []
    monkeypatch.setattr(nodes.time, "monotonic", lambda: time[0])
    ray = FakeRay([node("a")])
    watch = Watch(ray, said.append)

    def pass_time(seconds, idle=True):
        time[0] += seconds
        watch.look(idle=idle)

    pass_time(60)
    assert said == []
    ray.members = []
    pass_time(6)
    pass_time(nodes.WAIT_S - 10)
    assert said == ["the cluster has lost its last node that compiles; waiting for another"]
    ray.members = [node("b")]
    pass_time(6)
    ray.members = []
    pass_time(6)
    pass_time(nodes.WAIT_S - 10)
    pass_time(1, idle=False)
    pass_time(6)
    with pytest.raises(ClusterError) as caught:
        pass_time(nodes.WAIT_S)
    assert caught.value.brief == "the cluster has no node that compiles any more"
    assert len(said) == 3
