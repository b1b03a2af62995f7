"""The policy's arithmetic as it is exported: the same result in every evaluator.

Training rounds as it likes.  What ships is evaluated by TensorFlow inside a training compiler and
by XLA's code inside a released one, and these differ in the order of sums, in fused operations and
in their logarithms: by a last bit, which decides an argmax now and then.  So the exported policy
works on multiples of powers of two, and on so few bits that float64 holds every sum and product
exactly, in whatever order and fused or not; 64-bit integers can do the same.  Rounding happens in
one place, on exact numbers:

    round(a, limit) = floor(clip(a, -limit, limit) * 2^16 + 1/2) / 2^16
    log2(y)         = exponent + LOGS[i] + r * STEPS[i]    from the bits of a float32: i is the top
                                                           10 of its mantissa, r the other 13
    x, x^2, sqrt(x) = round of each, by the number of boundaries at or below v
    z               = round((round(log2(v + shift) or v * unit, 2^10) - centre) * slope, 2^8)
    hidden          = round(max(0, input @ kernel + ...), 2^8)
    logit           = round(hidden @ kernel + bias, 2^12)

``v + shift`` is one float32 addition, all else float64.  The action is the lowest of the legal
positions with the highest logit.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np
import numpy.typing as npt

from regalloc.errors import PolicyError
from regalloc.rl.deterministic_tf import Tensor, tf
from regalloc.rl.network.policy_network import Weights, hidden_layers
from regalloc.rl.network.preprocessing import Encoder

Array = npt.NDArray[Any]

FRACTION_BITS = 16
ACTIVATION_LIMIT = 2.0**8
VALUE_LIMIT = 2.0**10
LOGIT_LIMIT = 2.0**12

SUM_BITS = 52
"""Bits of the largest sum in units of its last place; float64 holds 53."""
WEIGHT_BITS = 24
SLOPE_BITS = 25
SMALLEST_SLOPE_BIT = 49

MANTISSA_BITS = 23
INDEX_BITS = 10
REST_BITS = MANTISSA_BITS - INDEX_BITS
EXPONENT_BIAS = 127


def on_grid(values: Any, bits: int) -> Array:
    """Round to multiples of ``2^-bits``, halves up."""
    scaled: Array = np.floor(np.ldexp(np.asarray(values, np.float64), bits) + 0.5)
    return np.ldexp(scaled, -bits)


_POINTS = on_grid(np.log2(1 + np.arange(2**INDEX_BITS + 1) / 2**INDEX_BITS), 20)
LOGS = _POINTS[:-1] - EXPONENT_BIAS
STEPS = np.diff(_POINTS) / 2**REST_BITS


def log2(values: Tensor) -> Tensor:
    """Return the logarithm float64 of positive normal float32 values, within 1e-6.

    A straight line between 1024 points an octave, on multiples of ``2^-33``.
    """
    bits = tf.bitcast(values, tf.int32)
    index = tf.bitwise.bitwise_and(tf.bitwise.right_shift(bits, REST_BITS), 2**INDEX_BITS - 1)
    rest = tf.cast(tf.bitwise.bitwise_and(bits, 2**REST_BITS - 1), tf.float64)
    exponent = tf.cast(tf.bitwise.right_shift(bits, MANTISSA_BITS), tf.float64)
    return exponent + tf.gather(LOGS, index) + rest * tf.gather(STEPS, index)


def round_off(values: Tensor, limit: float) -> Tensor:
    """Clip float64 values and round them to multiples of ``2^-16``, halves up."""
    clipped = tf.minimum(tf.maximum(values, tf.constant(-limit, tf.float64)), limit)
    return tf.floor(clipped * 2.0**FRACTION_BITS + 0.5) * 2.0**-FRACTION_BITS


def rate(encoder: Encoder, weights: Weights, columns: Mapping[str, Tensor]) -> Tensor:
    """Return the logits float64 ``(N,)`` of N positions.

    Args:
        encoder: the normalisation.
        weights: the trained ones.
        columns: by feature, ``(1, N)`` in the feature's dtype, ``progress`` included.

    Raises:
        PolicyError: a weight is not finite.
    """
    features, stages = _encode(encoder, columns)
    first, *rest = layer_names(weights)
    kernel, tables = first_layer(weights, first, encoder.width)
    total = tf.matmul(features, kernel)
    for column, table in enumerate(tables):
        total += tf.gather(table, stages[:, column])
    for layer in rest:
        kernel, bias = dense_layer(weights, layer)
        total = tf.matmul(round_off(tf.nn.relu(total), ACTIVATION_LIMIT), kernel) + bias
    return round_off(tf.reshape(total, [-1]), LOGIT_LIMIT)


def _encode(encoder: Encoder, columns: Mapping[str, Tensor]) -> tuple[Tensor, Tensor]:
    """Return the columns of :meth:`Encoder.__call__` float64 ``(N, width)``, and the stages."""
    values, finite = encoder.read(columns)
    rows = [_bucket_rows(encoder, encoder.count_at_or_below(values))]
    if encoder.with_z_score:
        rows.append(_z_score(encoder, values))
    rows.extend(tf.cast(flags, tf.float64) for flags in encoder.flags(columns, finite))
    limited = round_off(tf.concat(rows, 0), ACTIVATION_LIMIT)
    return tf.transpose(limited), tf.transpose(encoder.stages(columns))


def _bucket_rows(encoder: Encoder, counts: Tensor) -> Tensor:
    """Look up x, its square and its root, ``(3F, N)`` or ``(2F, N)``, by boundaries counted."""
    table = bucket_table(encoder)
    features, size, powers = table.shape
    first = np.arange(0, features * size, size, np.int32)[:, np.newaxis]
    rows = tf.gather(table.reshape(-1, powers), tf.cast(counts, tf.int32) + first)
    return tf.cast(tf.reshape(tf.transpose(rows, [2, 0, 1]), [powers * features, -1]), tf.float64)


def bucket_table(encoder: Encoder) -> Array:
    """Return x, its square and its root, float32 ``(F, boundaries + 1, 3)`` or 2 without root."""
    x = np.minimum(np.arange(int(encoder.counts.max()) + 1) / encoder.counts.astype(np.float64), 1)
    powers = [x, x * x, *([np.sqrt(x)] if encoder.with_sqrt else [])]
    return on_grid(np.stack(powers, -1), FRACTION_BITS).astype(np.float32)


def _z_score(encoder: Encoder, values: Tensor) -> Tensor:
    """Return the z-scores ``(F, N)``, those of features with a logarithm by way of base 2."""
    unit, centre, slope = z_constants(encoder)
    linear = tf.cast(values, tf.float64) * unit
    chosen = tf.where(encoder.logarithmic, log2(values + encoder.shift), linear)
    return (round_off(chosen, VALUE_LIMIT) - centre) * slope


def z_constants(encoder: Encoder) -> tuple[Array, Array, Array]:
    """Return unit, centre and slope of each feature's z-score, float64 ``(F, 1)``."""
    largest = encoder.boundaries.max(axis=(1, 2), where=np.isfinite(encoder.boundaries), initial=0)
    shrink = np.maximum(np.ceil(np.log2(np.maximum(largest, 1) / VALUE_LIMIT)) + 1, 0)
    unit = np.where(encoder.logarithmic, 1.0, np.exp2(-shrink)[:, np.newaxis])
    base = np.where(encoder.logarithmic, np.log(2.0), 1.0 / unit)
    mantissa, exponent = np.frexp(encoder.scale * base)
    slope = on_grid(np.ldexp(on_grid(mantissa, SLOPE_BITS), exponent), SMALLEST_SLOPE_BIT)
    return unit.astype(np.float64), on_grid(encoder.mean / base, FRACTION_BITS), slope


def layer_names(weights: Weights) -> list[str]:
    """Return the names of all layers, the first one first."""
    return [*hidden_layers(weights), "logits"]


def first_layer(weights: Weights, layer: str, width: int) -> tuple[Array, tuple[Array, Array]]:
    """Return the kernel of the features, and what each stage adds, with the bias in the first.

    A product with an embedding is a look-up, so the embeddings are multiplied out here.
    """
    kernel = weights[f"{layer}/kernel"].astype(np.float64)
    embeddings = [weights[f"{name}_stage/embedding"].astype(np.float64) for name in ("max", "min")]
    parts = np.split(kernel[width:], 2)
    first, second = (e @ part for e, part in zip(embeddings, parts, strict=True))
    first += weights[f"{layer}/bias"]
    bits = _fraction_bits(kernel[:width], np.abs(first).max(0) + np.abs(second).max(0))
    sums = bits + FRACTION_BITS
    return on_grid(kernel[:width], bits), (on_grid(first, sums), on_grid(second, sums))


def dense_layer(weights: Weights, layer: str) -> tuple[Array, Array]:
    """Return kernel and bias of a layer after the first, float64."""
    kernel, bias = (weights[f"{layer}/{part}"].astype(np.float64) for part in ("kernel", "bias"))
    bits = _fraction_bits(kernel, np.abs(bias))
    return on_grid(kernel, bits), on_grid(bias, bits + FRACTION_BITS)


def _fraction_bits(kernel: Array, added: Array) -> int:
    """Return how many fractional bits weights may have so that every sum is exact.

    Raises:
        PolicyError: a weight is not finite.
    """
    largest = np.max(np.abs(kernel).sum(0) * ACTIVATION_LIMIT + added)
    if not np.isfinite(largest):
        raise PolicyError(
            "the policy cannot be exported",
            "a weight is infinite or not a number",
            "train with a lower learning rate",
        )
    bits = SUM_BITS - FRACTION_BITS - int(np.ceil(np.log2(max(largest, 1.0))))
    return min(WEIGHT_BITS, bits)
