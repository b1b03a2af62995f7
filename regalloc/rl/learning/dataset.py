"""Decisions as flat arrays, encoded once, and the order in which training visits them."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt

from regalloc.errors import TraceError
from regalloc.formats.features import DECISION, FEATURE_NAMES, NUM_CANDIDATES
from regalloc.formats.trace_file import read_trace
from regalloc.rl.deterministic_tf import Tensor, tf
from regalloc.rl.network.preprocessing import Encoder
from regalloc.rl.network.tensor_specs import FEATURE_COLUMNS, MASK, STAGE_COLUMNS

Array = npt.NDArray[Any]
Observations = Mapping[str, Array]
"""By feature, one function's decisions ``(decisions, *shape)``."""

CHUNK = 1024
"""Decisions encoded at a time, which bounds the memory of the intermediate values."""


@dataclass(frozen=True, eq=False)
class DecisionTable:
    """The legal positions of n decisions, encoded, one row each.

    Attributes:
        rows: float32 ``(1 + legal positions, width)``; row 0 stands for every illegal position.
        stages: int32 ``(1 + legal positions, 2)``.
        slots: int32 ``(n, 33)``, the row of each position.
        actions: int64 ``(n,)``, the positions chosen.
    """

    rows: Tensor
    stages: Tensor
    slots: Tensor
    actions: Tensor

    def __len__(self) -> int:
        """Return the number of decisions."""
        return int(self.actions.shape[0])

    @property
    def tensors(self) -> tuple[Tensor, ...]:
        """Return the tensors in the order of :func:`table_signature`."""
        return (self.rows, self.stages, self.slots, self.actions)


def table_signature(width: int) -> tuple[Any, ...]:
    """Return the specs of a table's tensors, in order, for any number of decisions.

    Functions are traced against these once.  A trace per size would cost seconds a round, and its
    rounding could depend on which sizes the process had met before.
    """
    return (
        tf.TensorSpec((None, width), tf.float32),
        tf.TensorSpec((None, 2), tf.int32),
        tf.TensorSpec((None, NUM_CANDIDATES), tf.int32),
        tf.TensorSpec((None,), tf.int64),
    )


def trace_once(function: Callable[..., Tensor], *specs: Any) -> Any:
    """Return a function that TensorFlow traces once, for arguments of these specs.

    Nothing here needs autograph, and rewriting TF-Agents' source takes longer than tracing.
    """
    return tf.function(function, specs, autograph=False)


def read_decisions(path: Path) -> tuple[list[Observations], list[Array]]:
    """Return a trace's observations and actions, per function in the file's order.

    Raises:
        TraceError: the file cannot be read, or holds no decision.
    """
    observations: list[Observations] = []
    actions: list[Array] = []
    for tensors in read_trace(path):
        observations.append({name: tensors[name] for name in FEATURE_NAMES})
        actions.append(tensors[DECISION])
    if not sum(map(len, actions)):
        raise TraceError(
            "the trace holds no decision", str(path), "trace more modules: Trace.sampling_rate"
        )
    return observations, actions


def encode_decisions(
    encoder: Encoder, observations: Iterable[Observations], actions: Iterable[Array]
) -> DecisionTable:
    """Encode functions' decisions, in the order given.

    Raises:
        TraceError: an action was not legal when it was taken.
    """
    chosen = np.concatenate([np.asarray(a, np.int64).reshape(-1) for a in actions])
    stacked = _stack(observations)
    legal = stacked["mask"].reshape(-1, NUM_CANDIDATES) > 0
    _check_legal(legal, chosen)
    encoded = [
        _encode(encoder, {name: values[start : start + CHUNK] for name, values in stacked.items()})
        for start in range(0, len(chosen), CHUNK)
    ]
    slots = np.zeros(legal.shape, np.int32)
    slots[legal] = np.arange(1, int(legal.sum()) + 1)
    rows = np.zeros((1, encoder.width), np.float32)
    return DecisionTable(
        rows=tf.constant(np.concatenate([rows, *(rows for rows, _ in encoded)])),
        stages=tf.constant(
            np.concatenate([np.zeros((1, 2), np.int32), *(stages for _, stages in encoded)])
        ),
        slots=tf.constant(slots),
        actions=tf.constant(chosen),
    )


def take_observation(rows: Tensor, stages: Tensor, slots: Tensor) -> dict[str, Tensor]:
    """Return the encoded observation of slots int32 ``(..., 33)``; see ``encoded_spec``."""
    return {
        FEATURE_COLUMNS: tf.gather(rows, slots),
        STAGE_COLUMNS: tf.gather(stages, slots),
        MASK: tf.cast(slots > 0, tf.int32),
    }


def draw_batches(count: int, size: int, steps: int, seed: tuple[int, ...]) -> Iterator[Array]:
    """Yield batches of indices below ``count``: one shuffled epoch after the other, without gaps.

    Args:
        count: number of items, at least one.
        size: indices per batch.
        steps: number of batches.
        seed: what the shuffles depend on.
    """
    rng = np.random.default_rng(seed)
    pending = np.zeros(0, np.int64)
    for _ in range(steps):
        while len(pending) < size:
            pending = np.concatenate([pending, rng.permutation(count)])
        yield pending[:size]
        pending = pending[size:]


def _stack(observations: Iterable[Observations]) -> dict[str, Array]:
    functions = list(observations)
    return {name: np.concatenate([f[name] for f in functions]) for name in FEATURE_NAMES}


def _encode(encoder: Encoder, observations: Observations) -> tuple[Array, Array]:
    legal = observations["mask"].reshape(-1, NUM_CANDIDATES) > 0
    columns = {
        name: tf.constant(np.broadcast_to(v.reshape(len(legal), -1), legal.shape)[legal][None])
        for name, v in observations.items()
    }
    rows, stages = encoder(columns)
    return rows.numpy(), stages.numpy()


def _check_legal(legal: Array, chosen: Array) -> None:
    known = (chosen >= 0) & (chosen < NUM_CANDIDATES)
    bad = ~known | ~legal[np.arange(len(chosen)), np.where(known, chosen, 0)]
    if bad.any():
        first = int(np.argmax(bad))
        raise TraceError(
            f"{int(bad.sum())} of {len(chosen)} decisions chose an illegal position",
            f"the first is decision {first}, which chose {int(chosen[first])}",
            "use the clang of the llvm image: the log does not fit its advisor",
        )
