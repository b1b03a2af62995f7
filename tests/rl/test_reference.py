"""Our PPO against TF-Agents' as upstream feeds it: equal loss and gradients on equal decisions."""

from __future__ import annotations

import dataclasses

import numpy as np
import pytest

from regalloc.bench import reference
from regalloc.bench.reference_network import ReferenceNetwork
from regalloc.formats.logs import Episode
from regalloc.rl.deterministic_tf import tf
from regalloc.rl.export.policy_graph import read_output
from regalloc.rl.learning.dataset import encode_decisions
from regalloc.rl.learning.learner import Rater
from regalloc.rl.learning.ppo import PpoLearner
from regalloc.rl.network.policy_network import RegallocNetwork
from tests.rl.simulator import NETWORK, PPO, make_observations

SEQUENCES, LENGTH = 8, 5
PPO_ONCE = dataclasses.replace(PPO, batch_size=SEQUENCES, sequence_length=LENGTH, l2=0.01)


@pytest.fixture(scope="module")
def episodes():
    """Functions whose decisions are drawn from all legal ones."""
    rng = np.random.default_rng(0)
    made = []
    for seed in range(SEQUENCES):
        observations = make_observations(seed, LENGTH)
        actions = (observations["mask"][:, 0] * rng.uniform(size=(LENGTH, 33))).argmax(1)
        made.append(Episode(str(seed), observations, actions, {}, 0.0))
    return made


@pytest.fixture(scope="module")
def table(encoder, episodes):
    return encode_decisions(
        encoder, (e.observations for e in episodes), (e.actions for e in episodes)
    )


@pytest.fixture
def old(encoder, table, weights):
    """Logits of an older policy, so that no importance ratio is 1."""
    actor = RegallocNetwork(NETWORK, encoder.width, 1)
    actor.set_values({name: value * np.float32(0.7) for name, value in weights.items()})
    return Rater(actor, encoder.width)(table)


def take_plain_steps(agent):
    """Have an agent subtract the gradients themselves."""
    agent._optimizer = tf.keras.optimizers.SGD(1.0, jit_compile=False)


def test_logits_are_the_same(encoder, table, episodes, weights):
    actor = RegallocNetwork(NETWORK, encoder.width, 1)
    actor.set_values(weights)
    ours = Rater(actor, encoder.width)(table)
    examples = reference.encode_examples(episodes, ours, np.zeros(SEQUENCES))
    raw = [reference._parse(example).observation for example in examples]
    both = tf.nest.map_structure(lambda *parts: tf.concat(parts, 0), *raw)
    distribution, _ = ReferenceNetwork(encoder, weights)(both)
    np.testing.assert_allclose(distribution.logits.numpy(), ours, rtol=1e-5, atol=1e-5)


def test_loss_and_gradients_are_the_same(encoder, table, episodes, weights, old):
    rewards = np.random.default_rng(1).normal(size=SEQUENCES).astype(np.float32)

    # Given the advantages, like ours; left to itself it sets the last one of a sequence to 0.
    theirs = reference.create_agent(encoder, weights, PPO_ONCE, advantages=False)
    take_plain_steps(theirs)
    examples = reference.encode_examples(episodes, old, rewards)
    parsed = [reference._parse(example) for example in examples]
    batch = tf.nest.map_structure(lambda *parts: tf.stack(parts), *parsed)
    info = batch.policy_info | {
        "value_prediction": tf.zeros_like(batch.reward),
        "return": batch.reward,
        "advantage": batch.reward,
    }
    their_loss = float(theirs.train(batch.replace(policy_info=info)).loss)

    learner = PpoLearner(NETWORK, PPO_ONCE, encoder.width, 1)
    learner.actor.set_values(weights)
    take_plain_steps(learner._agent)
    chosen = np.arange(SEQUENCES * LENGTH).reshape(SEQUENCES, LENGTH)
    arrays = (table.rows, table.stages, table.slots, table.actions, tf.constant(old))
    per_decision = tf.constant(np.repeat(rewards, LENGTH))
    our_loss, _, clipped = learner._step(*arrays, per_decision, tf.constant(chosen)).numpy()

    assert our_loss == pytest.approx(their_loss, rel=1e-5)
    assert 0 < clipped < 1
    moved = theirs.actor_net._weights
    for name, value in learner.actor.get_values().items():
        gradient = weights[name] - value
        # A softmax does not depend on what is added to all logits.
        assert name == "logits/bias" or np.abs(gradient).max() > 1e-4, name
        np.testing.assert_allclose(
            gradient, weights[name] - moved[name].numpy(), rtol=1e-5, atol=1e-5, err_msg=name
        )


def test_examples_come_in_whole_batches_even_of_few_decisions(episodes, old):
    examples = reference.encode_examples(episodes[:2], old, np.ones(2))
    batch = next(iter(reference.read_examples(examples, 16, 4)))
    assert batch.action.shape == (16, 4)
    assert batch.observation["mask"].shape == (16, 4, 33)
    assert batch.observation["progress"].shape == (16, 4)


def test_saved_policy_takes_the_likeliest_action(encoder, episodes, weights, tmp_path):
    agent = reference.create_agent(encoder, weights, PPO_ONCE)
    reference.save_policy(agent, tmp_path)
    name, _ = read_output((tmp_path / "saved_model.pb").read_bytes())
    assert name == "StatefulPartitionedCall"
    signature = tf.saved_model.load(str(tmp_path)).signatures["action"]
    observation = {n: tf.constant(v[0]) for n, v in episodes[0].observations.items()}
    step = {
        "step_type": tf.constant([1]), "reward": tf.constant([0.0]), "discount": tf.constant([1.0])
    }  # fmt: skip
    chosen = signature(**observation, **step)["index_to_evict"].numpy()
    distribution, _ = ReferenceNetwork(encoder, weights)(observation)
    assert chosen.tolist() == distribution.logits.numpy().argmax(-1).tolist()
