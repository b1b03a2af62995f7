from __future__ import annotations

from pathlib import Path

import pytest

from regalloc.cluster.identity import Identity
from regalloc.cluster.node import Order, UnfitNode
from regalloc.cluster.parcel import ModuleParcel, PolicyParcel, seal
from regalloc.cluster.ray_pool import RETRIES, RayPool
from regalloc.errors import ClusterError, DiskError
from regalloc.formats.compile_results import Compiled
from regalloc.formats.corpus import Module
from regalloc.formats.replays import Replay
from tests.unit.cluster.fakes import FakeRay
from tests.unit.compiler.fakes import LIMITS

IDENTITY = Identity("a" * 64, "b" * 64)


def answer(module: ModuleParcel, order: Order, *policies: PolicyParcel | None) -> bytes:
    names = [Path(policy.source).name if policy else "-" for policy in policies]
    return seal([Compiled(f"{module.name} {name}", (), 0.0, 0.0) for name in names])


@pytest.fixture
def requests(tmp_path):
    policies = [tmp_path / name for name in ("one", "two")]
    for policy in policies:
        policy.mkdir()
        (policy / "saved_model.pb").write_bytes(b"graph")
    modules = []
    for seconds, name in enumerate("abc"):
        bitcode = tmp_path / f"{name}.bc"
        bitcode.write_bytes(b"BC\xc0\xde")
        replay = Replay(seconds=seconds)
        modules.append(Module(name, bitcode, ("-cc1",), held_out=False, replay=replay))
    return [(module, policy) for module in modules for policy in policies]


def make_pool(ray: FakeRay) -> RayPool:
    return RayPool(ray, IDENTITY, LIMITS)


def test_results_come_in_the_order_of_requests_whoever_is_first(requests):
    ray, calls = FakeRay(answer=answer), []
    results = make_pool(ray).compile(requests, lambda: calls.append(1))
    assert [result.module for result in results] == [
        "a one", "a two", "b one", "b two", "c one", "c two",
    ]  # fmt: skip
    assert len(calls) == len(requests)


def test_the_longest_are_asked_for_first_and_a_lost_nodes_again(requests):
    ray = FakeRay(answer=answer)
    make_pool(ray).compile(requests, lambda: None)
    names = [ray.get(module).name for module, *_ in ray.asked]
    assert names == ["c", "b", "a"]
    assert ray.options == [{"num_cpus": 1, "max_retries": RETRIES, "scheduling_strategy": "SPREAD"}]


def test_modules_are_stored_once_a_run_and_policies_once_an_iteration(requests):
    ray = FakeRay(answer=answer)
    pool = make_pool(ray)
    counts = []
    for _ in range(2):
        pool.compile(requests, lambda: None)
        kinds = [type(value) for value in ray.stored]
        counts.append([kinds.count(kind) for kind in (ModuleParcel, PolicyParcel)])
    assert counts == [[3, 2], [3, 4]]


def test_whole_modules_are_others_than_reduced_ones(requests):
    ray = FakeRay(answer=answer)
    pool = make_pool(ray)
    pool.compile(requests[:1], lambda: None)
    pool.compile(requests[:1], lambda: None, measure_code=True)
    orders = [value for value in ray.stored if isinstance(value, Order)]
    assert [order.measure_code for order in orders] == [False, True]
    assert sum(isinstance(value, ModuleParcel) for value in ray.stored) == 2


def test_the_default_heuristic_is_no_policy(requests):
    ray = FakeRay(answer=answer)
    (result,) = make_pool(ray).compile([(requests[0][0], None)], lambda: None)
    assert result.module == "a -"


def test_no_request_gives_no_result():
    assert make_pool(FakeRay()).compile([], lambda: None) == []


def test_a_node_with_another_compiler_ends_the_run_by_its_name(requests):
    ray = FakeRay(answer=lambda *_: seal(UnfitNode("n2", identity=Identity("c" * 64, "b" * 64))))
    with pytest.raises(ClusterError) as caught:
        make_pool(ray).compile(requests, lambda: None)
    assert caught.value.render() == (
        "error: node n2 of the cluster has another toolchain\n"
        "clang: aaaaaaaaaaaa here, cccccccccccc there\n"
        "what to do: start every node from this checkout's image, regalloc-cluster "
        "(docs/cluster.md)"
    )


def test_what_stops_a_node_is_the_runs_error_too(requests):
    full = DiskError("the disk is full", "/tmp: no space", "free space")
    ray = FakeRay(answer=lambda *_: seal(UnfitNode("n2", error=full)))
    with pytest.raises(DiskError) as caught:
        make_pool(ray).compile(requests, lambda: None)
    assert caught.value.brief == "node n2: the disk is full"


def test_a_lost_head_is_told_with_what_to_do(requests):
    def lose(*_):
        raise ConnectionError("Client is shutting down.")

    with pytest.raises(ClusterError) as caught:
        make_pool(FakeRay(answer=lose)).compile(requests, lambda: None)
    assert caught.value.render() == (
        "error: the head of the cluster is lost\n"
        "0 s into the compiles: Client is shutting down.\n"
        "what to do: the checkpoint is kept: run the same command again to go on"
    )


def test_rays_own_errors_are_told_and_ours_are_not_hidden(requests):
    crash = type("WorkerCrashedError", (Exception,), {"__module__": "ray.exceptions"})
    for kind, expected in ((crash, ClusterError), (ZeroDivisionError, ZeroDivisionError)):

        def fail(*_, kind=kind):
            raise kind("the worker died")

        with pytest.raises(expected) as caught:
            make_pool(FakeRay(answer=fail)).compile(requests, lambda: None)
        assert "the worker died" in getattr(caught.value, "details", str(caught.value))
