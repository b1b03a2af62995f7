from __future__ import annotations

import dataclasses

import numpy as np
import pytest
from tf_agents.utils import common

from regalloc.errors import ConfigError, TraceError
from regalloc.rl.deterministic_tf import tf
from regalloc.rl.learning.algorithms import create_learner
from regalloc.rl.learning.cloning import Cloner
from regalloc.rl.learning.dataset import (
    draw_batches,
    encode_decisions,
    read_decisions,
    take_observation,
)
from regalloc.rl.learning.learner import Experience, Rater, compare_logits, get_state, set_state
from regalloc.rl.learning.ppo import PpoLearner, draw_sequences
from regalloc.rl.learning.rebel import RebelLearner, choose_decisions
from regalloc.rl.network.policy_network import ILLEGAL, RegallocNetwork
from regalloc.settings import Settings
from tests.rl.simulator import (
    NETWORK,
    PPO,
    REBEL,
    TRAIN,
    WARMSTART,
    choose_by_default,
    compute_score,
    make_observations,
)


@pytest.fixture(scope="module")
def table(encoder):
    observations = [make_observations(seed, 30) for seed in range(8)]
    return encode_decisions(encoder, observations, map(choose_by_default, observations))


def one_by_one(table, rewards):
    """Return experience of compiles of one decision each."""
    return Experience(table, np.ones(len(table), np.int64), np.asarray(rewards, np.float32))


def test_logits_are_least_where_illegal(encoder, table):
    logits = Rater(RegallocNetwork(NETWORK, encoder.width, 1), encoder.width)(table)
    illegal = table.slots.numpy() == 0
    assert (logits[illegal] == ILLEGAL).all()
    assert (np.abs(logits[~illegal]) < 10).all()


def test_logits_of_a_table_are_those_of_its_observations(encoder, table):
    actor = RegallocNetwork(NETWORK, encoder.width, 1)
    tensors = (table.rows, table.stages, table.slots)
    wide = actor.logits(take_observation(*tensors))
    np.testing.assert_array_equal(actor.table_logits(*tensors), wide)


def test_first_step_has_importance_ratio_one(encoder, table):
    ppo = dataclasses.replace(PPO, steps=1, entropy=0.0, l2=0.0)
    learner = PpoLearner(NETWORK, ppo, encoder.width, 1)
    rewards = np.random.default_rng(0).normal(size=len(table)).astype(np.float32)
    metrics = learner.learn(one_by_one(table, rewards), (1,))
    # With every ratio 1 the surrogate is minus the mean normalised advantage: zero.  The KL
    # penalty, the only other term, is zero as well.
    assert metrics.policy_gradient_loss == pytest.approx(0.0, abs=1e-6)
    assert metrics.loss == pytest.approx(0.0, abs=1e-5)
    assert metrics.clip_fraction == 0.0


def test_loss_is_summed_in_the_order_of_the_weights(encoder, table, monkeypatch):
    """TF-Agents would go by a set, whose order is that of addresses and differs by process."""

    def take_set(*variables):
        raise AssertionError("the kernels came from a set")

    monkeypatch.setattr(common, "extract_shared_variables", take_set)
    rewards = np.zeros(len(table), np.float32)
    ppo = dataclasses.replace(PPO, steps=1, entropy=0.0, l2=0.5)
    learner = PpoLearner(NETWORK, ppo, encoder.width, 1)
    kernels = [value for name, value in learner.actor.get_values().items() if "kernel" in name]
    loss = learner.learn(one_by_one(table, rewards), (1,)).loss
    assert loss == pytest.approx(0.5 * sum(np.square(kernel).sum() for kernel in kernels), rel=1e-4)


def test_learn_is_traced_once_for_any_number_of_decisions(encoder, table):
    learner = PpoLearner(NETWORK, PPO, encoder.width, 1)
    for decisions in (1, 3, 30):
        observations = make_observations(5, decisions)
        some = encode_decisions(encoder, [observations], [choose_by_default(observations)])
        learner.learn(one_by_one(some, np.ones(decisions)), (1,))
    learner.learn(one_by_one(table, np.ones(len(table))), (1,))
    assert learner._step.experimental_get_tracing_count() == 1


def test_state_restores_all_that_the_next_step_depends_on(encoder, table):
    rewards = np.random.default_rng(0).normal(size=len(table)).astype(np.float32)
    one, other = (PpoLearner(NETWORK, PPO, encoder.width, seed) for seed in (1, 2))
    one.learn(one_by_one(table, rewards), (1,))
    set_state(other, get_state(one))
    again = one_by_one(table, rewards)
    assert one.learn(again, (2,)) == other.learn(again, (2,))
    for name, value in get_state(one).items():
        np.testing.assert_array_equal(value, get_state(other)[name])


def improve(learner, encoder, decisions, rollouts):
    """Return the mean cost at each of 12 rounds of compiles of so many decisions."""
    rate = Rater(learner.actor, encoder.width)
    rng = np.random.default_rng(0)
    costs = []
    for iteration in range(12):
        seen = [make_observations(1000 * iteration + i, decisions) for i in range(400 // decisions)]
        observations = [o for o in seen for _ in range(rollouts)]
        blank = [choose_by_default(o) for o in observations]
        logits = rate(encode_decisions(encoder, observations, blank))
        gumbel = -np.log(-np.log(rng.uniform(size=logits.shape)))
        actions = (logits + gumbel).argmax(1).reshape(-1, decisions)
        scores = [compute_score(o, a) for o, a in zip(observations, actions, strict=True)]
        costs.append(np.mean(scores))
        groups = -np.array(scores, np.float32).reshape(-1, rollouts)
        rewards = groups - groups.mean(1, keepdims=True) if rollouts > 1 else 1 + groups
        table = encode_decisions(encoder, observations, actions)
        lengths = np.full(len(actions), decisions, np.int64)
        learner.learn(Experience(table, lengths, rewards.reshape(-1)), (iteration,))
    return costs


def test_ppo_improves_a_synthetic_problem(encoder):
    ppo = dataclasses.replace(
        PPO, steps=20, batch_size=64, sequence_length=4, learning_rate=0.01, kl_target=0.05
    )
    costs = improve(PpoLearner(NETWORK, ppo, encoder.width, 1), encoder, 1, 1)
    assert costs[0] == pytest.approx(0.6, abs=0.04)
    assert costs[-1] < 0.4


def test_rebel_improves_compiles_of_many_decisions(encoder):
    rebel = dataclasses.replace(REBEL, step_size=40.0, epochs=4, batch_size=32, learning_rate=0.01)
    costs = improve(RebelLearner(NETWORK, rebel, encoder.width, 1), encoder, 10, 2)
    assert costs[0] == pytest.approx(0.6, abs=0.04)
    assert costs[-1] < 0.4


def test_rebel_explains_rewards_that_its_network_can(encoder):
    """Each compile's reward is a sum over its decisions, of which learning sees the sum alone."""
    rebel = dataclasses.replace(REBEL, step_size=1.0, epochs=40, learning_rate=0.01)
    learner = RebelLearner(NETWORK, rebel, encoder.width, 1)
    rng = np.random.default_rng(0)
    observations = [make_observations(seed, 5) for seed in range(60)]
    actions = [(o["mask"][:, 0] * rng.uniform(size=(5, 33))).argmax(1) for o in observations]
    rewards = [
        np.sum(0.5 - o["liverange_size"][np.arange(5), 0, a])
        for o, a in zip(observations, actions, strict=True)
    ]
    table = encode_decisions(encoder, observations, actions)
    metrics = learner.learn(Experience(table, np.full(60, 5), np.array(rewards, np.float32)), (1,))
    assert metrics.explained > 0.99


def test_rebel_is_traced_once_and_goes_on_from_its_state(encoder, table):
    one, other = (RebelLearner(NETWORK, REBEL, encoder.width, seed) for seed in (1, 2))
    lengths = np.array([100, 1, 39, 60, 40])
    rewards = np.array([1, -1, 0.5, 0, -0.5], np.float32)
    one.learn(Experience(table, lengths, rewards), (1,))
    one.learn(one_by_one(table, np.linspace(-1, 1, len(table))), (1,))
    assert one._step.experimental_get_tracing_count() == 1
    set_state(other, get_state(one))
    again = Experience(table, lengths, rewards)
    assert one.learn(again, (2,)) == other.learn(again, (2,))
    for name, value in get_state(one).items():
        np.testing.assert_array_equal(value, get_state(other)[name])


def test_decisions_are_chosen_with_their_compiles():
    decisions, owners = choose_decisions(np.array([2, 1, 3]), np.array([2, 0]))
    assert decisions.tolist() == [3, 4, 5, 0, 1]
    assert owners.tolist() == [0, 0, 0, 1, 1]


def test_rebel_refuses_to_learn_from_one_rollout(encoder):
    settings = Settings((NETWORK, dataclasses.replace(TRAIN, algorithm="rebel"), REBEL))
    with pytest.raises(ConfigError) as caught:
        create_learner(settings, encoder.width, 1)
    assert caught.value.brief == "rebel cannot learn from one rollout"


@pytest.mark.parametrize(
    ("algorithm", "own", "kind"), [("ppo", PPO, PpoLearner), ("rebel", REBEL, RebelLearner)]
)
def test_algorithm_learns_with_its_own_section_alone(encoder, algorithm, own, kind):
    train = dataclasses.replace(TRAIN, algorithm=algorithm, rollouts=2)
    learner = create_learner(Settings((NETWORK, train, own)), encoder.width, 1)
    assert type(learner) is kind


def test_cloning_learns_a_rule(encoder, table):
    warmstart = dataclasses.replace(WARMSTART, steps=300)
    cloner = Cloner(NETWORK, warmstart, encoder.width, 1)
    history = cloner.clone(table)
    assert len(history) == 100
    assert history[-1]["step"] == 300
    assert history[-1]["loss"] < history[0]["loss"] / 2
    assert cloner.compute_agreement(table) > 0.95


def test_cloning_twice_gives_the_same_weights(encoder, table):
    cloners = [Cloner(NETWORK, WARMSTART, encoder.width, 1) for _ in range(2)]
    for cloner in cloners:
        cloner.clone(table)
    one, other = (cloner.actor.get_values() for cloner in cloners)
    for name, value in one.items():
        np.testing.assert_array_equal(value, other[name])


def test_batches_visit_everything_once_an_epoch():
    batches = list(draw_batches(10, 4, 5, (1,)))
    assert sorted(np.concatenate(batches[:5])[:10]) == list(range(10))
    assert sorted(np.concatenate(batches[:5])[10:]) == list(range(10))
    again = list(draw_batches(10, 4, 5, (1,)))
    np.testing.assert_array_equal(batches, again)
    assert not np.array_equal(batches, list(draw_batches(10, 4, 5, (2,))))


@pytest.mark.parametrize("count", [1, 3, 4, 41])
def test_sequences_are_consecutive_decisions(count):
    batches = draw_sequences(count, PPO, (1,))
    assert [batch.shape for batch in batches] == [(8, 4)] * 4
    for batch in batches:
        assert ((np.diff(batch, axis=1) - 1) % count == 0).all()
        assert ((batch >= 0) & (batch < count)).all()


def test_kl_and_entropy_of_masked_logits():
    old = np.array([[0.0, 0.0, ILLEGAL]], np.float32)
    new = np.array([[np.log(3.0), 0.0, ILLEGAL]], np.float32)
    kl, entropy = compare_logits(old, new)
    assert kl == pytest.approx(0.5 * np.log(0.5 / 0.75) + 0.5 * np.log(0.5 / 0.25))
    assert entropy == pytest.approx(-0.75 * np.log(0.75) - 0.25 * np.log(0.25))


def test_decisions_that_were_illegal_are_refused(encoder):
    observations = make_observations(1, 2)
    observations["mask"][1, 0, 4] = 0
    with pytest.raises(TraceError) as caught:
        encode_decisions(encoder, [observations], [np.array([32, 4])])
    assert caught.value.brief == "1 of 2 decisions chose an illegal position"
    assert caught.value.details == "the first is decision 1, which chose 4"


def test_trace_without_a_decision_is_refused(tmp_path):
    (tmp_path / "trace.tfrecord").write_bytes(b"")
    with pytest.raises(TraceError, match="the trace holds no decision"):
        read_decisions(tmp_path / "trace.tfrecord")


def test_upstreams_parser_reads_what_is_read_here(tmp_path):
    """A trace is a SequenceExample to TensorFlow too."""
    from regalloc.formats.features import FEATURES
    from regalloc.formats.trace_file import write_trace
    from tests.rl.simulator import make_episode

    path = tmp_path / "trace.tfrecord"
    write_trace(path, [make_episode("f", None, 1, 3)])
    record = next(iter(tf.data.TFRecordDataset(str(path))))
    spec = {f.name: tf.io.FixedLenSequenceFeature(f.shape, f.dtype) for f in FEATURES}
    _, parsed = tf.io.parse_single_sequence_example(record, sequence_features=spec)
    (observations,), _ = read_decisions(path)
    for name, values in observations.items():
        np.testing.assert_array_equal(parsed[name].numpy(), values)
