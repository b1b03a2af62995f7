from __future__ import annotations

from dataclasses import replace

import pytest

from regalloc.cluster import node
from regalloc.cluster.identity import Identity, identify
from regalloc.cluster.node import Order, UnfitNode, answer_sealed, compile_parcel
from regalloc.cluster.parcel import pack_module, pack_policy, unseal
from regalloc.compiler.pool import compile_all
from regalloc.errors import DiskError
from regalloc.formats.compile_results import Compiled, Failed
from tests.unit.compiler.fakes import (
    LIMITS,
    flatten,
    logging_module,
    make_episode,
    make_log,
    make_module,
    make_toolchain,
)


@pytest.fixture
def toolchain(tmp_path, monkeypatch):
    made = make_toolchain(tmp_path / "llvm")
    monkeypatch.setattr(node, "TOOLCHAIN", made.path)
    monkeypatch.setattr(node, "_toolchain", lambda: made)
    return made


@pytest.fixture
def order(toolchain):
    return Order(LIMITS, measure_code=False, identity=identify(toolchain.clang))


def test_a_node_compiles_as_the_local_pool_does(toolchain, order, tmp_path):
    module = logging_module(tmp_path, "m", [make_episode("f", 3)])
    (there,) = compile_parcel(pack_module(module, whole=False), order, [None])
    (here,) = compile_all(toolchain, [(module, None)], LIMITS, 1)
    assert isinstance(there, Compiled)
    assert flatten(there.episodes) == flatten(here.episodes)


def test_an_answer_travels_whole(order, tmp_path):
    module = logging_module(tmp_path, "m", [make_episode("f", 200)])
    parcel = pack_module(module, whole=False)
    (answer,) = compile_parcel(parcel, order, [None])
    (travelled,) = unseal(answer_sealed(parcel, order, None))
    assert flatten(travelled.episodes) == flatten(answer.episodes)


def test_rollouts_of_a_module_are_each_told_as_at_home(toolchain, order, tmp_path):
    policies = [tmp_path / name for name in ("one", "two")]
    for number, policy in enumerate(policies, 1):
        policy.mkdir()
        log = make_log([make_episode("f", number)])
        (policy / "log").write_bytes(log)
    module = make_module(tmp_path, "m", "cp $policy/log $log")
    parcels = [pack_policy(policy) for policy in policies]
    there = compile_parcel(pack_module(module, whole=False), order, parcels)
    here = compile_all(toolchain, [(module, policy) for policy in policies], LIMITS, 1)
    assert [flatten(r.episodes) for r in there] == [flatten(r.episodes) for r in here]
    assert [e.decisions for r in there for e in r.episodes] == [1, 2]
    failing = make_module(tmp_path, "n", "echo error: $policy >&2; exit 1")
    there = compile_parcel(pack_module(failing, whole=False), order, parcels)
    assert there == compile_all(toolchain, [(failing, policy) for policy in policies], LIMITS, 1)
    assert all(str(p) in r.detail for r, p in zip(there, policies, strict=True))


def test_a_failure_is_told_as_at_home(toolchain, order, tmp_path):
    broken = make_module(tmp_path, "m", "true")
    broken.bitcode.write_bytes(b"garbage")
    there = compile_parcel(pack_module(broken, whole=False), order, [None])
    assert there == compile_all(toolchain, [(broken, None)], LIMITS, 1)
    assert isinstance(there[0], Failed)
    failing = make_module(tmp_path, "n", "exit 2")
    there = compile_parcel(pack_module(failing, whole=False), order, [None])
    assert there == [Failed("n", "exit", "exit code 2", LIMITS.attempts)]


def test_nothing_is_left_behind(order, tmp_path, monkeypatch):
    place = tmp_path / "tmp"
    place.mkdir()
    monkeypatch.setattr("tempfile.tempdir", str(place))
    compile_parcel(pack_module(make_module(tmp_path, "m", "true"), whole=False), order, [None])
    assert list(place.iterdir()) == []


def test_another_toolchain_is_not_used(order, tmp_path):
    other = replace(order, identity=Identity("a", "b"))
    parcel = pack_module(make_module(tmp_path, "m", f"touch {tmp_path}/ran"), whole=False)
    answer = compile_parcel(parcel, other, [None])
    assert isinstance(answer, UnfitNode)
    assert answer.identity == order.identity
    assert not (tmp_path / "ran").exists()


def test_a_full_disk_is_the_nodes(order, tmp_path, monkeypatch):
    parcel = pack_module(make_module(tmp_path, "m", "true"), whole=False)

    def fail(self, folder):
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(type(parcel), "unpack", fail)
    answer = compile_parcel(parcel, order, [None])
    assert isinstance(answer.error, DiskError)
    assert answer.error.brief == "a file cannot be written"
