"""What a round of learning takes and gives, whatever the algorithm."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any, Protocol

import numpy as np
import numpy.typing as npt

from regalloc.rl.deterministic_tf import Tensor
from regalloc.rl.learning.dataset import CHUNK, DecisionTable, table_signature, trace_once
from regalloc.rl.network.policy_network import RegallocNetwork

Array = npt.NDArray[Any]


@dataclass(frozen=True, eq=False)
class Experience:
    """What the current weights decided in m compiles of functions, and what came of it.

    Attributes:
        table: the decisions, one compile after the other.
        lengths: int64 ``(m,)``, decisions of each compile.
        rewards: float32 ``(m,)``, see :mod:`regalloc.rl.rounds.rewards`.
    """

    table: DecisionTable
    lengths: Array
    rewards: Array


@dataclass(frozen=True)
class Metrics:
    """What one round of learning did; an algorithm adds figures of its own.

    Attributes:
        loss: mean over the steps.
        entropy: of the policy after the round, mean over the decisions, in nats.
        kl: from the collecting policy to the policy after the round, likewise.
    """

    loss: float
    entropy: float
    kl: float


class Learner(Protocol):
    """An algorithm, its optimiser, and all that its next step depends on."""

    @property
    def actor(self) -> RegallocNetwork:
        """Return the policy's network, whose weights are learned."""

    @property
    def variables(self) -> Mapping[str, Any]:
        """Return everything the next round depends on, as TensorFlow's variables by name."""

    def count_steps(self, compiles: int) -> int:
        """Return how many gradient steps a round on so many compiles of functions takes."""

    def learn(
        self, experience: Experience, seed: tuple[int, ...], advance: Callable[[], None]
    ) -> Metrics:
        """Improve the policy by one round.

        Args:
            experience: decisions that the current weights made.
            seed: what the order of the batches depends on.
            advance: called once per gradient step.
        """


def get_state(learner: Learner) -> dict[str, Array]:
    """Return everything the next round depends on, as arrays by name."""
    return {name: variable.numpy() for name, variable in learner.variables.items()}


def set_state(learner: Learner, state: Mapping[str, Array]) -> None:
    """Go on from a state of :func:`get_state`.

    Raises:
        KeyError: a variable is missing.
        ValueError: one has another shape.
    """
    for name, variable in learner.variables.items():
        variable.assign(state[name])


class Rater:
    """Rates whole tables with an actor's current weights.

    Args:
        actor: the policy's network.
        width: columns of an encoded position.
    """

    def __init__(self, actor: RegallocNetwork, width: int) -> None:
        self._actor = actor
        self._rate = trace_once(self._rate_slots, *table_signature(width)[:3])

    def __call__(self, table: DecisionTable) -> Array:
        """Return the masked logits float32 ``(n, 33)``."""
        chunks = [
            self._rate(table.rows, table.stages, table.slots[start : start + CHUNK]).numpy()
            for start in range(0, len(table), CHUNK)
        ]
        return np.concatenate(chunks)

    def _rate_slots(self, rows: Tensor, stages: Tensor, slots: Tensor) -> Tensor:
        return self._actor.table_logits(rows, stages, slots)


def compare_logits(old: Array, new: Array) -> tuple[float, float]:
    """Return the mean KL divergence from old to new and new's mean entropy, in nats.

    ``KL = sum p_old (log p_old - log p_new)``, over masked logits ``(n, 33)``.
    """
    log_old, log_new = _log_softmax(old), _log_softmax(new)
    p_old, p_new = np.exp(log_old), np.exp(log_new)
    kl = np.where(p_old > 0, p_old * (log_old - log_new), 0.0).sum(1).mean()
    entropy = -np.where(p_new > 0, p_new * log_new, 0.0).sum(1).mean()
    return float(kl), float(entropy)


def _log_softmax(logits: Array) -> Array:
    shifted = logits.astype(np.float64) - logits.max(1, keepdims=True)
    normalised: Array = shifted - np.log(np.exp(shifted).sum(1, keepdims=True))
    return normalised
