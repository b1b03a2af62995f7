"""Gradient steps: our learners' and TF-Agents' as upstream feeds it, on the same trace."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Any

import numpy as np
import numpy.typing as npt

from regalloc.bench import reference
from regalloc.bench.stopwatch import Stopwatch
from regalloc.formats.logs import Episode
from regalloc.report.bench_parts import Steps
from regalloc.rl.learning.dataset import encode_decisions
from regalloc.rl.learning.learner import Experience, Rater
from regalloc.rl.learning.ppo import PpoLearner
from regalloc.rl.learning.rebel import RebelLearner
from regalloc.rl.network.policy_network import RegallocNetwork, Weights
from regalloc.rl.network.preprocessing import Encoder
from regalloc.settings import Bench, Network, Ppo, Rebel

Array = npt.NDArray[Any]


@dataclass(frozen=True)
class Learning:
    """What all learners begin with.

    Attributes:
        encoder: the vocabulary's normalisation.
        weights: of the warm start.
        network: the policy's shape.
        ppo: PPO's values, with the benchmark's batches and steps.
        rebel: REBEL's values.
        bench: how much is measured.
        seed: of the run.
    """

    encoder: Encoder
    weights: Weights
    network: Network
    ppo: Ppo
    rebel: Rebel
    bench: Bench
    seed: int

    def create_ppo(self) -> PpoLearner:
        """Return our PPO, which takes an iteration's steps in a round."""
        learner = PpoLearner(self.network, self.ppo, self.encoder.width, self.seed)
        learner.actor.set_values(self.weights)
        return learner

    def create_reference(self) -> Any:
        """Return TF-Agents' PPO over raw observations."""
        return reference.create_agent(self.encoder, self.weights, self.ppo)

    def rate(self, experience: Experience) -> Array:
        """Return the logits of the warm start, float32 ``(n, 33)``."""
        actor = RegallocNetwork(self.network, self.encoder.width, self.seed)
        actor.set_values(self.weights)
        return Rater(actor, self.encoder.width)(experience.table)


def create_experience(learning: Learning, episodes: Sequence[Episode]) -> Experience:
    """Return the decisions of functions with rewards that were drawn."""
    table = encode_decisions(
        learning.encoder, (e.observations for e in episodes), (e.actions for e in episodes)
    )
    lengths = np.array([episode.decisions for episode in episodes], np.int64)
    return Experience(table, lengths, draw_rewards(len(episodes), learning.seed))


def draw_rewards(count: int, seed: int) -> Array:
    """Return rewards: what a step costs does not depend on them."""
    return np.random.default_rng([seed, 3]).normal(size=count).astype(np.float32)


def measure_ppo(learning: Learning, learner: PpoLearner, experience: Experience) -> Steps:
    """Time an iteration's steps of our PPO."""
    bench, watch = learning.bench, Stopwatch()
    learner.learn(experience, (learning.seed,), watch.tick)
    return watch.describe("ppo", bench.batch_size * bench.sequence_length)


def measure_rebel(learning: Learning, experience: Experience) -> Steps:
    """Time steps of our REBEL, whose batch is as many compiles of functions of PPO's length."""
    bench, watch = learning.bench, Stopwatch()
    table, size = experience.table, bench.sequence_length
    count = max(1, len(table) // size)
    lengths = np.full(count, size, np.int64) if len(table) >= size else experience.lengths
    rewards = draw_rewards(len(lengths), learning.seed)
    batches = -(-len(lengths) // bench.batch_size)
    rebel = replace(
        learning.rebel, batch_size=bench.batch_size, epochs=-(-bench.iteration_steps // batches)
    )
    learner = RebelLearner(learning.network, rebel, learning.encoder.width, learning.seed)
    learner.actor.set_values(learning.weights)
    learner.learn(Experience(table, lengths, rewards), (learning.seed,), watch.tick)
    return watch.describe("rebel", bench.batch_size * size)


def measure_reference(learning: Learning, agent: Any, examples: Sequence[bytes]) -> Steps:
    """Time steps of TF-Agents' PPO, from parsed and cached examples."""
    bench, watch = learning.bench, Stopwatch()
    batches = iter(reference.read_examples(examples, bench.batch_size, bench.sequence_length))
    for _ in range(bench.upstream_steps + 1):
        agent.train(next(batches))
        watch.tick()
    return watch.describe("reference", bench.batch_size * bench.sequence_length)
