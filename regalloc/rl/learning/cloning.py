"""Behavioural cloning: learn to decide as the default heuristic does.

Source: ml-compiler-opt, ``compiler_opt/rl/train_bc.py``.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
import numpy.typing as npt

from regalloc.rl.deterministic_tf import Tensor, tf, time_step, trajectory
from regalloc.rl.learning.agents import create_cloning_agent
from regalloc.rl.learning.dataset import (
    DecisionTable,
    draw_batches,
    table_signature,
    take_observation,
    trace_once,
)
from regalloc.rl.learning.learner import Rater
from regalloc.rl.network.policy_network import RegallocNetwork
from regalloc.settings import Network, Warmstart

Array = npt.NDArray[Any]

History = list[dict[str, float]]

RECORDS = 100
"""Rows of a history, at most; each is a mean over the steps since the one before."""


class Cloner:
    """The cloning agent and its network."""

    def __init__(self, network: Network, warmstart: Warmstart, width: int, seed: int) -> None:
        self._settings = warmstart
        self._seed = seed
        self.actor = RegallocNetwork(network, width, seed, warmstart.dropout)
        self._agent = create_cloning_agent(self.actor, width, warmstart)
        batch = tf.TensorSpec((warmstart.batch_size,), tf.int64)
        self._step = trace_once(self._take_step, *table_signature(width), batch)
        self._rate = Rater(self.actor, width)

    def clone(self, table: DecisionTable, advance: Callable[[], None] = lambda: None) -> History:
        """Take ``Warmstart.steps`` gradient steps.

        Returns:
            ``{"step", "loss", "accuracy"}`` as training went: the loss under dropout, the accuracy
            without, before the batch was learned.
        """
        steps = self._settings.steps
        seed = (self._seed, 0x626174)
        losses: list[Array] = []
        history: History = []
        every = max(1, -(-steps // RECORDS))
        batches = draw_batches(len(table), self._settings.batch_size, steps, seed)
        for step, batch in enumerate(batches, 1):
            losses.append(self._step(*table.tensors, tf.constant(batch)).numpy())
            advance()
            if step % every == 0 or step == steps:
                loss, accuracy = np.mean(losses, 0).tolist()
                history.append({"step": step, "loss": loss, "accuracy": accuracy})
                losses.clear()
        return history

    def compute_agreement(self, table: DecisionTable) -> float:
        """Return the fraction of decisions whose likeliest action is the one taken."""
        return float(np.mean(self._rate(table).argmax(1) == table.actions.numpy()))

    def _take_step(
        self, rows: Tensor, stages: Tensor, slots: Tensor, actions: Tensor, batch: Tensor
    ) -> Tensor:
        observation = take_observation(rows, stages, tf.gather(slots, batch))
        action = tf.gather(actions, batch)
        middle = tf.fill(tf.shape(batch), time_step.StepType.MID)
        zeros = tf.zeros(tf.shape(batch))
        rated = self.actor.logits(observation)
        accuracy = tf.reduce_mean(tf.cast(tf.equal(tf.argmax(rated, 1), action), tf.float32))
        experience = trajectory.Trajectory(
            step_type=middle,
            observation=observation,
            action=action,
            policy_info=(),
            next_step_type=middle,
            reward=zeros,
            discount=zeros,
        )
        return tf.stack([self._agent.train(experience).loss, accuracy])
