"""The actor as upstream builds it: every step normalises all 33 positions of raw observations.

The transformations, the layers and the weights are ours, so that both can be compared; what differs
is where the work is done.  Infinite and missing values are read by our rule.

Source: ml-compiler-opt, ``compiler_opt/rl/regalloc/config.py`` and ``regalloc_network.py``, for
the shape.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np
import numpy.typing as npt

from regalloc.formats.features import FEATURES
from regalloc.rl.deterministic_tf import Tensor, network, tf
from regalloc.rl.network.policy_network import ILLEGAL, Weights, hidden_layers, output_spec
from regalloc.rl.network.preprocessing import (
    DENSITY,
    FLAGS,
    NORMALISED,
    SMALLEST,
    STAGE_FEATURES,
    Encoder,
)
from regalloc.rl.network.tensor_specs import MASK, STAGES

Array = npt.NDArray[Any]


def raw_spec() -> dict[str, Any]:
    """Return the specs of one decision's features, without LLVM's dimension of one in front."""
    return {f.name: tf.TensorSpec(f.shape[1:], f.dtype, f.name) for f in FEATURES}


class ReferenceNetwork(network.DistributionNetwork):  # type: ignore[misc]
    """Raw observations to a categorical over 33 positions.

    Args:
        encoder: the vocabulary's normalisation; its constants alone are used.
        weights: see :data:`regalloc.rl.network.policy_network.Weights`.
    """

    def __init__(self, encoder: Encoder, weights: Weights) -> None:
        super().__init__(raw_spec(), (), output_spec(), name="ReferenceNetwork")
        self._encoder = encoder
        self._weights = {name: tf.Variable(value, name=name) for name, value in weights.items()}

    def call(
        self,
        observation: Mapping[str, Tensor],
        step_type: Tensor = None,
        network_state: Tensor = (),
        training: bool = False,
        mask: Tensor = None,
    ) -> tuple[Any, Tensor]:
        """Return the distribution over positions, batched like the observation."""
        del step_type, training, mask
        hidden = tf.concat([self._encode(observation), *self._embed(observation)], -1)
        for layer in hidden_layers(self._weights):
            hidden = tf.nn.relu(self._dense(hidden, layer))
        rated = tf.squeeze(self._dense(hidden, "logits"), -1)
        logits = tf.where(observation[MASK] > 0, rated, tf.constant(ILLEGAL))
        return self.output_spec.build_distribution(logits=logits), network_state

    def _dense(self, values: Tensor, layer: str) -> Tensor:
        kernel, bias = self._weights[f"{layer}/kernel"], self._weights[f"{layer}/bias"]
        product = tf.matmul(tf.reshape(values, [-1, kernel.shape[0]]), kernel)
        flat = tf.nn.bias_add(product, bias)
        return tf.reshape(flat, tf.concat([tf.shape(values)[:-1], [kernel.shape[1]]], 0))

    def _embed(self, observation: Mapping[str, Tensor]) -> list[Tensor]:
        names = zip(STAGE_FEATURES, ("max", "min"), strict=True)
        return [
            tf.nn.embedding_lookup(
                self._weights[f"{table}_stage/embedding"],
                tf.clip_by_value(observation[name], 0, STAGES - 1),
            )
            for name, table in names
        ]

    def _encode(self, observation: Mapping[str, Tensor]) -> Tensor:
        """Return float32 ``(..., 33, width)``, the columns in our encoder's order."""
        shape = tf.shape(observation[MASK])
        wide = {**observation, "progress": _widen(observation["progress"], shape)}
        kinds = zip(*(self._normalise(i, wide[n]) for i, n in enumerate(NORMALISED)), strict=True)
        columns = [column for kind in kinds for column in kind]
        unknown = tf.logical_not(tf.math.is_finite(wide[DENSITY]))
        flags = [unknown, *(wide[name] for name in FLAGS)]
        return tf.stack([*columns, *(tf.cast(flag, tf.float32) for flag in flags)], -1)

    def _normalise(self, index: int, raw: Tensor) -> list[Tensor]:
        """Return one feature's columns: its bucket, the square, the root and the z-score."""
        known = tf.where(tf.math.is_finite(raw), raw, tf.constant(1.0))
        value = tf.where(known < SMALLEST, tf.constant(0.0), known)
        constants = self._encoder
        count = int(constants.counts[index, 0])
        boundaries: Array = constants.boundaries[index].reshape(-1)[:count]
        bucket = tf.raw_ops.Bucketize(input=value, boundaries=boundaries.tolist())
        x = tf.cast(bucket, tf.float32) / np.float32(count)
        columns = [x, x * x]
        if constants.with_sqrt:
            columns.append(tf.sqrt(x))
        if constants.with_z_score:
            if constants.logarithmic[index, 0]:
                value = tf.math.log(value + constants.shift[index, 0])
            columns.append((value - constants.mean[index, 0]) * constants.scale[index, 0])
        return columns


def _widen(progress: Tensor, shape: Tensor) -> Tensor:
    return tf.broadcast_to(tf.expand_dims(progress, -1), shape)
