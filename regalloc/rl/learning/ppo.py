"""One policy's improvement: PPO over the decisions of one round of compiles.

Source: https://arxiv.org/abs/1707.06347; the shape of a batch, sequences of consecutive decisions,
is that of ml-compiler-opt, ``compiler_opt/rl/data_reader.py``.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt

from regalloc.formats.features import NUM_CANDIDATES
from regalloc.rl.deterministic_tf import Tensor, tf, time_step, trajectory
from regalloc.rl.learning.agents import create_ppo_agent
from regalloc.rl.learning.dataset import draw_batches, table_signature, take_observation, trace_once
from regalloc.rl.learning.learner import Experience, Metrics, Rater, compare_logits
from regalloc.rl.network.policy_network import RegallocNetwork
from regalloc.settings import Network, Ppo

Array = npt.NDArray[Any]


@dataclass(frozen=True)
class PpoMetrics(Metrics):
    """What one round of PPO did.

    Attributes:
        policy_gradient_loss: clipped surrogate, mean over the steps.
        clip_fraction: fraction of importance ratios outside the clip, mean over the steps.
        kl_beta: weight of the adaptive KL penalty after the round.
    """

    policy_gradient_loss: float
    clip_fraction: float
    kl_beta: float


class PpoLearner:
    """The agent, its optimiser, and all that its next step depends on; a :class:`Learner`."""

    def __init__(self, network: Network, ppo: Ppo, width: int, seed: int) -> None:
        self._ppo = ppo
        self.actor = RegallocNetwork(network, width, seed)
        self._agent = create_ppo_agent(self.actor, width, ppo)
        # Slots are numbered by this list; the agent hands its gradients over sorted by name.
        variables = sorted(self.actor.trainable_weights, key=lambda v: v.name)
        self._agent._optimizer.build(variables)
        batch = tf.TensorSpec((ppo.batch_size, ppo.sequence_length), tf.int64)
        logits, rewards = tf.TensorSpec((None, NUM_CANDIDATES)), tf.TensorSpec((None,))
        self._step = trace_once(self._take_step, *table_signature(width), logits, rewards, batch)
        self._rate = Rater(self.actor, width)

    @property
    def variables(self) -> dict[str, Any]:
        """The weights, the optimiser's slots, and what the agent counts."""
        agent = self._agent
        actor = {v.name.partition(":")[0]: v for v in self.actor.trainable_weights}
        slots = {f"optimizer/{i}": v for i, v in enumerate(agent._optimizer.variables)}
        counters = {"kl_beta": agent._adaptive_kl_beta, "step": agent.train_step_counter}
        return actor | slots | {n: v for n, v in counters.items() if v is not None}

    def count_steps(self, compiles: int) -> int:
        """Return ``Ppo.steps``, whatever was collected."""
        del compiles
        return self._ppo.steps

    def learn(
        self,
        experience: Experience,
        seed: tuple[int, ...],
        advance: Callable[[], None] = lambda: None,
    ) -> PpoMetrics:
        """Take gradient steps; each decision of a compile carries the compile's reward."""
        table = experience.table
        old = self._rate(table)
        rewards = np.repeat(experience.rewards, experience.lengths)
        data = (*table.tensors, tf.constant(old), tf.constant(rewards, tf.float32))
        steps = []
        for batch in draw_sequences(len(table), self._ppo, seed):
            steps.append(self._step(*data, tf.constant(batch)))
            advance()
        loss, gradient_loss, clip_fraction = np.mean([s.numpy() for s in steps], 0).tolist()
        kl, entropy = compare_logits(old, self._rate(table))
        beta = self._agent._adaptive_kl_beta
        return PpoMetrics(
            loss=loss,
            entropy=entropy,
            kl=kl,
            policy_gradient_loss=gradient_loss,
            clip_fraction=clip_fraction,
            kl_beta=0.0 if beta is None else float(beta.numpy()),
        )

    def _take_step(
        self,
        rows: Tensor,
        stages: Tensor,
        slots: Tensor,
        actions: Tensor,
        logits: Tensor,
        rewards: Tensor,
        batch: Tensor,
    ) -> Tensor:
        reward = tf.gather(rewards, batch)
        middle = tf.fill(tf.shape(batch), time_step.StepType.MID)
        experience = trajectory.Trajectory(
            step_type=middle,
            observation=take_observation(rows, stages, tf.gather(slots, batch)),
            action=tf.gather(actions, batch),
            policy_info={
                "dist_params": {"logits": tf.gather(logits, batch)},
                "value_prediction": tf.zeros_like(reward),
                "return": reward,
                "advantage": reward,
            },
            next_step_type=middle,
            reward=reward,
            discount=tf.ones_like(reward),
        )
        info = self._agent.train(experience)
        return tf.stack([info.loss, info.extra.policy_gradient_loss, info.extra.clip_fraction])


def draw_sequences(count: int, ppo: Ppo, seed: tuple[int, ...]) -> list[Array]:
    """Return the batches of a round: int64 ``(batch_size, sequence_length)`` each.

    The decisions are cut into sequences from a random start, so that no decision is always the
    one left over; fewer decisions than a sequence are repeated.
    """
    length = ppo.sequence_length
    sequences = max(1, count // length)
    start = int(np.random.default_rng([*seed, 1]).integers(count))
    positions = (start + np.arange(sequences * length).reshape(sequences, length)) % count
    batches = draw_batches(sequences, ppo.batch_size, ppo.steps, (*seed, 2))
    return [positions[batch] for batch in batches]
