"""The policy network: the same small perceptron rates each of the 33 positions.

Source: ml-compiler-opt, ``compiler_opt/rl/regalloc/regalloc_network.py``, for the shape; the maths
is a pure function over named weights here, so that training and the exported graph share it.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

import numpy as np
import numpy.typing as npt

from regalloc.formats.features import NUM_CANDIDATES
from regalloc.rl.deterministic_tf import Tensor, distribution_spec, network, tf, tfp
from regalloc.rl.network.matrix_products import fill_groups, multiply
from regalloc.rl.network.tensor_specs import (
    FEATURE_COLUMNS,
    MASK,
    STAGE_COLUMNS,
    STAGES,
    action_spec,
    encoded_spec,
)
from regalloc.settings import Network

Array = npt.NDArray[Any]
Weights = dict[str, Array]
"""float32 arrays by name, in the order :func:`initial_weights` makes them."""

ILLEGAL = float(np.finfo(np.float32).min)
"""Logit of an illegal position; not -inf, which gives NaN in a KL divergence."""

EMBEDDING_RANGE = 0.05


def initial_weights(settings: Network, width: int, seed: int) -> Weights:
    """Draw the weights of an untrained network.

    Embeddings are uniform in ±0.05, hidden layers Glorot uniform
    (https://proceedings.mlr.press/v9/glorot10a.html), the last layer normal with variance
    ``logits_scale`` over its inputs, biases 0.
    """
    rng = np.random.default_rng([seed, 0x6E6574])
    table = (STAGES, settings.stage_embedding)
    weights = {
        f"{name}_stage/embedding": rng.uniform(-EMBEDDING_RANGE, EMBEDDING_RANGE, table)
        for name in ("max", "min")
    }
    inputs = width + 2 * settings.stage_embedding
    for index, units in enumerate(settings.layers):
        limit = np.sqrt(6.0 / (inputs + units))
        weights[f"hidden_{index}/kernel"] = rng.uniform(-limit, limit, (inputs, units))
        weights[f"hidden_{index}/bias"] = np.zeros(units)
        inputs = units
    deviation = np.sqrt(settings.logits_scale / inputs)
    weights["logits/kernel"] = rng.normal(0.0, deviation, (inputs, 1))
    weights["logits/bias"] = np.zeros(1)
    return {name: value.astype(np.float32) for name, value in weights.items()}


def rate(
    weights: Mapping[str, Tensor],
    features: Tensor,
    stages: Tensor,
    drop: Callable[[Tensor, int], Tensor] | None = None,
) -> Tensor:
    """Return the logits float32 ``(N,)`` of N positions.

    Args:
        weights: see :data:`Weights`.
        features: float32 ``(N, width)``.
        stages: int32 ``(N, 2)``.
        drop: applied to the output of each hidden layer, with the layer's number.
    """
    # A product with the one-hot stage is an exact look-up whose gradient is a plain matrix
    # product; the gradient of a gather sums in an order that needs care to be deterministic.
    one_hot = tf.one_hot(fill_groups(stages), STAGES)
    hidden = tf.concat(
        [
            fill_groups(features),
            multiply(one_hot[:, 0], weights["max_stage/embedding"]),
            multiply(one_hot[:, 1], weights["min_stage/embedding"]),
        ],
        1,
    )
    for index, layer in enumerate(hidden_layers(weights)):
        product = multiply(hidden, weights[f"{layer}/kernel"])
        hidden = tf.nn.relu(tf.nn.bias_add(product, weights[f"{layer}/bias"]))
        hidden = drop(hidden, index) if drop else hidden
    product = multiply(hidden, weights["logits/kernel"])
    rated = tf.reshape(tf.nn.bias_add(product, weights["logits/bias"]), [-1])
    return rated[: tf.shape(features)[0]]


def hidden_layers(weights: Mapping[str, Any]) -> list[str]:
    """Return the names of the hidden layers that some weights are of, the first one first."""
    kernels = (name for name in weights if name.startswith("hidden_") and name.endswith("/kernel"))
    return [f"hidden_{index}" for index, _ in enumerate(kernels)]


def output_spec() -> Any:
    """Return what an actor gives: a categorical over the 33 positions."""
    action = action_spec()
    logits = {"logits": tf.TensorSpec((NUM_CANDIDATES,), tf.float32, "logits")}
    return distribution_spec.DistributionSpec(
        tfp.distributions.Categorical, logits, sample_spec=action, dtype=action.dtype
    )


class RegallocNetwork(network.DistributionNetwork):  # type: ignore[misc]
    """The actor of both agents: encoded observations to a categorical over 33 positions.

    Only legal positions are rated.  On x86 that is under half of them, and the work of a step.
    """

    def __init__(self, settings: Network, width: int, seed: int, dropout: float = 0.0) -> None:
        super().__init__(encoded_spec(width), (), output_spec(), name="RegallocNetwork")
        initial = initial_weights(settings, width, seed)
        self.named_weights = {name: tf.Variable(v, name=name) for name, v in initial.items()}
        self._seed = seed
        self._dropout = dropout
        self._draws = tf.Variable(0, dtype=tf.int32, trainable=False, name="draws")

    @property
    def kernels(self) -> list[Any]:
        """Return the weights of products, in the order of all weights: what L2 losses are of."""
        return [weight for weight in self.trainable_weights if "kernel" in weight.name]

    def get_values(self) -> Weights:
        """Return a copy of the weights."""
        return {name: variable.numpy() for name, variable in self.named_weights.items()}

    def set_values(self, weights: Mapping[str, Array]) -> None:
        """Replace the weights.

        Raises:
            KeyError: one is missing.
            ValueError: one has another shape.
        """
        for name, variable in self.named_weights.items():
            variable.assign(weights[name])

    def call(
        self,
        observation: Mapping[str, Tensor],
        step_type: Tensor = None,
        network_state: Tensor = (),
        training: bool = False,
        mask: Tensor = None,
    ) -> tuple[Any, Tensor]:
        """Return the distribution over positions, batched like the observation."""
        del step_type, mask
        drop = self._drop if training and self._dropout else None
        return self.output_spec.build_distribution(logits=self.logits(observation, drop)), (
            network_state
        )

    def logits(
        self,
        observation: Mapping[str, Tensor],
        drop: Callable[[Tensor, int], Tensor] | None = None,
    ) -> Tensor:
        """Return masked logits float32 ``(..., 33)`` of observations with any outer shape."""
        legal = observation[MASK]
        index = tf.where(tf.reshape(legal, [-1]) > 0)
        features, stages = observation[FEATURE_COLUMNS], observation[STAGE_COLUMNS]
        flat = tf.gather(tf.reshape(features, [-1, features.shape[-1]]), index[:, 0])
        flat_stages = tf.gather(tf.reshape(stages, [-1, 2]), index[:, 0])
        return _spread(rate(self.named_weights, flat, flat_stages, drop), index, tf.shape(legal))

    def table_logits(self, rows: Tensor, stages: Tensor, slots: Tensor) -> Tensor:
        """Return :meth:`logits` of a table's slots int32 ``(..., 33)``, bit for bit.

        To fill 33 positions with rows, only to pick the legal ones again, moves too much memory.
        """
        flat = tf.reshape(slots, [-1])
        index = tf.where(flat > 0)
        chosen = tf.gather(flat, index[:, 0])
        rated = rate(self.named_weights, tf.gather(rows, chosen), tf.gather(stages, chosen))
        return _spread(rated, index, tf.shape(slots))

    def _drop(self, hidden: Tensor, layer: int) -> Tensor:
        draw = self._draws.assign_add(1)
        return tf.nn.experimental.stateless_dropout(
            hidden, self._dropout, seed=tf.stack([self._seed % 2**31, draw])
        )


def _spread(rated: Tensor, index: Tensor, shape: Tensor) -> Tensor:
    """Return logits of that shape: what was rated at its index, and the least elsewhere."""
    blank = tf.fill([tf.reduce_prod(shape)], ILLEGAL)
    return tf.reshape(tf.tensor_scatter_nd_update(blank, index, rated), shape)


class ZeroValueNetwork(network.Network):  # type: ignore[misc]
    """PPO's critic, which predicts nothing: with discount 0 the reward is the return.

    Args:
        observations: spec of what it is shown, with the mask of legal positions.

    Source: ml-compiler-opt, ``compiler_opt/rl/constant_value_network.py``.
    """

    def __init__(self, observations: Any) -> None:
        super().__init__(observations, (), name="ZeroValueNetwork")

    def call(
        self,
        observation: Mapping[str, Tensor],
        step_type: Tensor = None,
        network_state: Tensor = (),
        training: bool = False,
    ) -> tuple[Tensor, Tensor]:
        """Return zeros float32, batched like the observation."""
        del step_type, training
        return tf.zeros(tf.shape(observation[MASK])[:-1]), network_state
