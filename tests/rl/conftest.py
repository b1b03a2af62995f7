from __future__ import annotations

import numpy as np
import pytest

from regalloc.rl import deterministic_tf
from regalloc.rl.network.policy_network import initial_weights
from regalloc.rl.network.preprocessing import create_encoder
from tests.rl import simulator


@pytest.fixture(scope="session", autouse=True)
def deterministic():
    deterministic_tf.configure()


@pytest.fixture(scope="session")
def encoder():
    return create_encoder(simulator.make_vocab(), simulator.NETWORK)


@pytest.fixture
def weights(encoder):
    # Larger than an untrained network's, so that the likeliest action is not a matter of rounding.
    initial = initial_weights(simulator.NETWORK, encoder.width, 5)
    return {name: value * np.float32(2) for name, value in initial.items()}


@pytest.fixture
def fake_compiler(monkeypatch):
    monkeypatch.setattr("regalloc.compiler.pool.compile_all", simulator.compile_all)
    monkeypatch.setattr("regalloc.stages.train.open_toolchain", lambda path: None)
    for name in ("probe", "probe_policy"):
        monkeypatch.setattr(f"regalloc.stages.train.{name}", lambda *toolchain_and_policy: None)
