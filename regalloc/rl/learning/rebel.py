"""One policy's improvement: regress rewards to how much likelier their decisions became.

A function has one reward and dozens of decisions.  A policy gradient gives each of them all of it,
noise of the others included.  Here the changes of a compile's decisions are *summed* and fitted to
its reward, so that what one decision explains is no longer put on the others:

    moved[t]  = new logits - old logits of decision t
    change    = sum over t of (moved[t][action] - sum over a of p_old[t][a] * moved[t][a])
    loss      = mean over compiles of weight * (change - step_size * reward)^2 / 2 + l2 penalty

What is subtracted makes the change 0 in the mean over the old policy's draws, as the rewards of a
group are.  The weight is one over the root of a compile's decisions, of which its noise is made.

Source: REBEL, https://arxiv.org/abs/2404.16767, with the mean of a group instead of pairs.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt

from regalloc.formats.features import NUM_CANDIDATES
from regalloc.rl.deterministic_tf import Tensor, tf
from regalloc.rl.learning.agents import create_adam
from regalloc.rl.learning.dataset import draw_batches, table_signature, trace_once
from regalloc.rl.learning.learner import Experience, Metrics, Rater, compare_logits
from regalloc.rl.network.policy_network import RegallocNetwork
from regalloc.settings import Network, Rebel

Array = npt.NDArray[Any]


@dataclass(frozen=True)
class RebelMetrics(Metrics):
    """What one round of REBEL did.

    Attributes:
        explained: fraction of the rewards' variance that the changes explain, over the last epoch.
    """

    explained: float


class RebelLearner:
    """The regression and its optimiser, which starts afresh each round; a :class:`Learner`."""

    def __init__(self, network: Network, rebel: Rebel, width: int, seed: int) -> None:
        self._rebel = rebel
        self.actor = RegallocNetwork(network, width, seed)
        self._rate = Rater(self.actor, width)
        self._optimizer = create_adam(rebel.learning_rate, rebel.adam_epsilon)
        self._optimizer.build(self.actor.trainable_weights)
        logits, numbers = tf.TensorSpec((None, NUM_CANDIDATES)), tf.TensorSpec((None,), tf.int64)
        floats = tf.TensorSpec((None,))
        specs = (logits, numbers, numbers, floats, floats)
        self._step = trace_once(self._take_step, *table_signature(width), *specs)

    @property
    def variables(self) -> dict[str, Any]:
        """The weights, which are all that the next round depends on."""
        return dict(self.actor.named_weights)

    def count_steps(self, compiles: int) -> int:
        """Return how many batches ``Rebel.epochs`` passes over so many compiles are."""
        return self._rebel.epochs * -(-compiles // self._rebel.batch_size)

    def learn(
        self,
        experience: Experience,
        seed: tuple[int, ...],
        advance: Callable[[], None] = lambda: None,
    ) -> RebelMetrics:
        """Fit the changes to the rewards; the steps become smaller up to the last one."""
        table, targets = experience.table, self._rebel.step_size * experience.rewards
        old = self._rate(table)
        data = (*table.tensors, tf.constant(old))
        steps = self.count_steps(len(targets))
        self._restart_optimizer()
        sums: list[Array] = []
        for step, batch in enumerate(
            draw_batches(len(targets), self._rebel.batch_size, steps, seed)
        ):
            self._optimizer.learning_rate.assign(self._rebel.learning_rate * (1 - step / steps))
            chosen = choose_decisions(experience.lengths, batch)
            weights = weigh(experience.lengths[batch])
            fitted = (tf.constant(targets[batch]), tf.constant(weights))
            sums.append(self._step(*data, *chosen, *fitted).numpy())
            advance()
        kl, entropy = compare_logits(old, self._rate(table))
        missed, total, _ = np.sum(sums[-(steps // self._rebel.epochs) :], 0).tolist()
        return RebelMetrics(
            loss=float(np.mean([squares / (2 * weight) for squares, _, weight in sums])),
            entropy=entropy,
            kl=kl,
            explained=1 - missed / total if total else 0.0,
        )

    def _restart_optimizer(self) -> None:
        for variable in self._optimizer.variables:
            variable.assign(tf.zeros_like(variable))

    def _penalty(self) -> Tensor:
        return self._rebel.l2 * tf.add_n([tf.nn.l2_loss(kernel) for kernel in self.actor.kernels])

    def _take_step(
        self,
        rows: Tensor,
        stages: Tensor,
        slots: Tensor,
        actions: Tensor,
        logits: Tensor,
        decisions: Tensor,
        owners: Tensor,
        targets: Tensor,
        weights: Tensor,
    ) -> Tensor:
        """Take a step and return the weighted sums of squares that are left and were there."""
        chosen = tf.gather(slots, decisions)
        old = tf.gather(logits, decisions)
        # How far each decision's draw is from what the old policy draws in the mean.
        # No softmax, which begins with a processor's own approximation of a reciprocal.
        probable = tf.exp(tf.nn.log_softmax(old))
        drawn = tf.one_hot(tf.gather(actions, decisions), NUM_CANDIDATES) - probable
        with tf.GradientTape() as tape:
            moved = self.actor.table_logits(rows, stages, chosen) - old
            change = tf.math.segment_sum(tf.reduce_sum(drawn * moved, 1), owners)
            squares = tf.reduce_sum(weights * tf.square(change - targets))
            loss = squares / (2.0 * tf.reduce_sum(weights)) + self._penalty()
        variables = self.actor.trainable_weights
        self._optimizer.apply_gradients(zip(tape.gradient(loss, variables), variables, strict=True))
        return tf.stack(
            [squares, tf.reduce_sum(weights * tf.square(targets)), tf.reduce_sum(weights)]
        )


def weigh(lengths: Array) -> Array:
    """Return the weight float32 of compiles of so many decisions.

    Not in the graph, where TensorFlow would put an approximation of the inverse root.
    """
    weights: Array = (1.0 / np.sqrt(lengths)).astype(np.float32)
    return weights


def choose_decisions(lengths: Array, batch: Array) -> tuple[Array, Array]:
    """Return the decisions of some compiles, and the place in the batch of each one's compile.

    Args:
        lengths: decisions of each compile, at least one.
        batch: numbers of compiles.
    """
    ends = np.cumsum(lengths)
    owners = np.repeat(np.arange(len(batch)), lengths[batch])
    before = np.cumsum(lengths[batch]) - lengths[batch]
    decisions = np.arange(len(owners)) + np.repeat(
        ends[batch] - lengths[batch] - before, lengths[batch]
    )
    return decisions, owners
