"""Draw from a categorical as a pure function of (seed, observation).

A compiler holds no random state that we could seed, and a draw must not depend on which compile
ran first.  So the randomness is a hash of what is seen: the same decision, met twice under one
seed, is answered alike, and a new seed gives a new rollout.  Everything up to the uniforms is
arithmetic on 64-bit unsigned integers, the same in TensorFlow, numpy and C++:

    word[i]  = the i-th element's bits, zero-extended (float32) or as they are (int64),
               elements counted through the features in the table's order
    digest   = mix(sum(word[i] * odd[i]) xor mix(seed))          odd[i] = mix((i + 1) * GOLDEN) | 1
    bits[j]  = mix(digest + (j + 1) * GOLDEN) >> 41              23 bits for position j
    u[j]     = (bits[j] + 0.5) / 2^23                            exact in float32
    noise[j] = -LN2 * round(log2(-log2(u[j])), 2^10)         log2 and round of exact_arithmetic
    action   = argmax over legal j of logit[j] + noise[j]    Gumbel-max

Sources: SplitMix64's finaliser (https://doi.org/10.1145/2660193.2660195), multilinear hashing
(https://arxiv.org/abs/1202.4961), Gumbel-max (https://arxiv.org/abs/1611.01144).
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np
import numpy.typing as npt

from regalloc.formats.features import FEATURES, NUM_CANDIDATES
from regalloc.rl.deterministic_tf import Tensor, tf
from regalloc.rl.network.exact_arithmetic import VALUE_LIMIT, log2, on_grid, round_off

Array = npt.NDArray[Any]

GOLDEN = 0x9E3779B97F4A7C15
MULTIPLIERS = (0xBF58476D1CE4E5B9, 0x94D049BB133111EB)
SHIFTS = (30, 27, 31)
UNIFORM_BITS = 23

LN2 = on_grid(np.log(2.0), 24)
"""On so few bits that noise and logit add up exactly."""


def wrap_seed(seed: int) -> int:
    """Bring any integer into the range of int64, keeping its lower bits."""
    return (seed + 2**63) % 2**64 - 2**63


def mix_array(value: Array) -> Array:
    """Apply SplitMix64's finaliser to uint64 values of any shape."""
    for shift, multiplier in zip(SHIFTS[:2], MULTIPLIERS, strict=True):
        value = (value ^ (value >> np.uint64(shift))) * np.uint64(multiplier)
    mixed: Array = value ^ (value >> np.uint64(SHIFTS[2]))
    return mixed


def draw_uniforms(observation: Mapping[str, Tensor], seed: Tensor) -> Tensor:
    """Return the uniforms float32 ``(33,)`` of one decision of tensors shaped like ``FEATURES``.

    Args:
        observation: by feature, with its batch of one.
        seed: int64 scalar.
    """
    constants = np.split(_odd_constants(), np.cumsum([f.size for f in FEATURES])[:-1])
    sums = []
    for dtype, per_candidate in (("float32", True), ("int64", True), ("float32", False)):
        chosen = [
            i for i, f in enumerate(FEATURES) if f.dtype == dtype and (f.size > 1) is per_candidate
        ]
        values = tf.concat([observation[FEATURES[i].name] for i in chosen], 0)
        words = tf.bitcast(values, tf.uint32) if dtype == "float32" else values
        odd = np.stack([constants[i] for i in chosen]).reshape(values.shape)
        sums.append(tf.reduce_sum(_multiply(tf.cast(words, tf.uint64), odd)))
    digest = _mix(tf.bitwise.bitwise_xor(tf.add_n(sums), _mix(tf.cast(seed, tf.uint64))))
    bits = tf.bitwise.right_shift(
        _mix(digest + tf.constant(_position_steps())), tf.constant(64 - UNIFORM_BITS, tf.uint64)
    )
    return (tf.cast(bits, tf.float32) + 0.5) / float(2**UNIFORM_BITS)


def perturb(logits: Tensor, uniforms: Tensor) -> Tensor:
    """Return logits float64 with Gumbel noise, whose argmax is a draw from the categorical.

    The noise lacks the constant -log(log(2)), which moves all positions alike.
    """
    # The logarithm is of a float32, which is one rounding that all evaluators do alike.
    inner = tf.cast(-log2(uniforms), tf.float32)
    return logits - round_off(log2(inner), VALUE_LIMIT) * LN2


def _mix(value: Tensor) -> Tensor:
    for shift, multiplier in zip(SHIFTS[:2], MULTIPLIERS, strict=True):
        value = _multiply(_fold(value, shift), np.array(multiplier, np.uint64))
    return _fold(value, SHIFTS[2])


def _fold(value: Tensor, shift: int) -> Tensor:
    return tf.bitwise.bitwise_xor(
        value, tf.bitwise.right_shift(value, tf.constant(shift, tf.uint64))
    )


def _multiply(value: Tensor, factor: Array) -> Tensor:
    return tf.raw_ops.Mul(x=value, y=tf.constant(factor, tf.uint64))


def _odd_constants() -> Array:
    size = sum(f.size for f in FEATURES)
    counter = np.arange(1, size + 1, dtype=np.uint64) * np.uint64(GOLDEN)
    return mix_array(counter) | np.uint64(1)


def _position_steps() -> Array:
    return np.arange(1, NUM_CANDIDATES + 1, dtype=np.uint64) * np.uint64(GOLDEN)
