"""Turn LLVM's features into the numbers the network takes.

The same operations run batched in training, with one decision in a TensorFlow session inside the
compiler, and compiled by XLA into a released clang.  So each means one thing in all three: values
are made finite first, by a stated rule, and the boundaries at or below a value are counted by
comparing, in two levels.  ``Bucketize`` and ``UpperBound`` search in TensorFlow and compare with
all 1000 boundaries in XLA: they agree on finite values only, and are most of a released policy's
time.

Source: the choice of transformation per feature is that of ml-compiler-opt,
``compiler_opt/rl/regalloc/config.py``; the rules for inf, NaN and constant features are ours.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt

from regalloc.errors import VocabError
from regalloc.rl.deterministic_tf import Tensor, tf
from regalloc.rl.network.tensor_specs import STAGES
from regalloc.settings import Network

Array = npt.NDArray[Any]

DENSITY = "use_def_density"
FLAGS = ("is_free", "is_hint", "is_local")
STAGE_FEATURES = ("max_stage", "min_stage")

LOG_NORMALISED = (
    "nr_defs_and_uses",
    "weighed_reads_by_max",
    "weighed_writes_by_max",
    "weighed_read_writes_by_max",
    "weighed_indvars_by_max",
    "hint_weights_by_max",
    "start_bb_freq_by_max",
    "end_bb_freq_by_max",
    "hottest_bb_freq_by_max",
    "liverange_size",
    DENSITY,
)
NORMALISED = (*LOG_NORMALISED, "nr_rematerializable", "nr_broken_hints", "progress")
"""With flags and stages all features but the mask and nr_urgent, which upstream discards, too."""

STD_EPSILON = 1e-8

SMALLEST = float(np.finfo(np.float32).tiny)
"""Less is read as 0: TensorFlow's kernels treat subnormal numbers as 0, a released clang does not.
No feature is negative."""

BLOCK = 32
"""Boundaries in a block; about the square root of 1000, which makes the two levels alike."""


@dataclass(frozen=True, eq=False)
class Encoder:
    """The normalisation of every feature, as constants.

    Attributes:
        boundaries: float32 ``(F, blocks, BLOCK)``, ascending, filled up with inf.
        counts: float32 ``(F, 1)``, boundaries of each feature.
        shift: float32 ``(F, 1)``, added before the logarithm; its first positive boundary.
        logarithmic: bool ``(F, 1)``, whether the z-score is that of the logarithm.
        mean: float32 ``(F, 1)``, of the (logarithms of the) boundaries.
        scale: float32 ``(F, 1)``, one over their standard deviation.
        with_sqrt: whether the square root of a bucket's number is a column.
        with_z_score: whether the z-score is a column.
    """

    boundaries: Array
    counts: Array
    shift: Array
    logarithmic: Array
    mean: Array
    scale: Array
    with_sqrt: bool
    with_z_score: bool

    @property
    def width(self) -> int:
        """Number of columns: two to four per normalised feature, three flags, density's flag."""
        per_feature = 2 + self.with_sqrt + self.with_z_score
        return per_feature * len(NORMALISED) + len(FLAGS) + 1

    def __call__(self, columns: Mapping[str, Tensor]) -> tuple[Tensor, Tensor]:
        """Encode N positions.

        Args:
            columns: by feature, ``(1, N)`` in the feature's dtype, ``progress`` included.

        Returns:
            float32 ``(N, width)``, and int32 ``(N, 2)`` with the stages.
        """
        values, finite = self.read(columns)
        x = self.count_at_or_below(values) / self.counts
        rows = [x, x * x]
        if self.with_sqrt:
            rows.append(tf.sqrt(x))
        if self.with_z_score:
            rows.append(self._z_score(values))
        rows.extend(tf.cast(flags, tf.float32) for flags in self.flags(columns, finite))
        return tf.transpose(tf.concat(rows, 0)), tf.transpose(self.stages(columns))

    def read(self, columns: Mapping[str, Tensor]) -> tuple[Tensor, Tensor]:
        """Return the values to normalise, float32 ``(F, N)``, and which of them were finite."""
        raw = tf.concat([columns[name] for name in NORMALISED], 0)
        finite = tf.math.is_finite(raw)
        known = tf.where(finite, raw, tf.constant(1.0))
        return tf.where(known < SMALLEST, tf.constant(0.0), known), finite

    def flags(self, columns: Mapping[str, Tensor], finite: Tensor) -> tuple[Tensor, Tensor]:
        """Return whether the density was not finite ``(1, N)``, and the flags ``(3, N)``."""
        density = NORMALISED.index(DENSITY)
        unknown = tf.logical_not(finite[density : density + 1])
        return unknown, tf.concat([columns[name] for name in FLAGS], 0)

    def stages(self, columns: Mapping[str, Tensor]) -> Tensor:
        """Return the largest and the smallest stage, int32 ``(2, N)`` within 0 to 6."""
        return _clip_stages(tf.concat([columns[name] for name in STAGE_FEATURES], 0))

    def count_at_or_below(self, values: Tensor) -> Tensor:
        """Return how many boundaries are at or below each value, float32 like ``values``.

        First the blocks whose last boundary is, then the boundaries of the block after these.
        """
        features, blocks, size = self.boundaries.shape
        wide = values[:, :, tf.newaxis]
        below = tf.reduce_sum(tf.cast(self.boundaries[:, np.newaxis, :, -1] <= wide, tf.int32), 2)
        block = tf.minimum(below, blocks - 1)
        row = block + np.arange(0, features * blocks, blocks, np.int32)[:, np.newaxis]
        fine = tf.gather(self.boundaries.reshape(-1, size), row)
        inside = tf.reduce_sum(tf.cast(fine <= wide, tf.float32), 2)
        return tf.cast(block, tf.float32) * float(size) + inside

    def _z_score(self, values: Tensor) -> Tensor:
        logarithm = tf.math.log(values + self.shift)
        return (tf.where(self.logarithmic, logarithm, values) - self.mean) * self.scale


def create_encoder(vocab: Mapping[str, Array], network: Network) -> Encoder:
    """Make the encoder of a vocabulary.

    Values that are inf or NaN become 1.0 in every feature.  LLVM produces them in
    ``use_def_density``: a live range that must not be spilled weighs inf, and inf is then divided
    by the largest weight, inf, which is NaN.  Both mean "cannot be spilled", so one flag column is
    1.0 for both.  A feature whose boundaries are all equal has no spread; its z-score is 0.

    Raises:
        VocabError: a feature is missing, or its boundaries are not finite and ascending.
    """
    quantiles = [_check(name, vocab) for name in NORMALISED]
    size = -(-max(len(q) for q in quantiles) // BLOCK) * BLOCK
    padded = [np.append(q, np.full(size - len(q), np.inf, np.float32)) for q in quantiles]
    shift = np.array([_first_positive(q) for q in quantiles])
    logarithmic = np.array([name in LOG_NORMALISED for name in NORMALISED])
    spread = [
        np.log(q.astype(np.float64) + s) if log else q.astype(np.float64)
        for q, s, log in zip(quantiles, shift, logarithmic, strict=True)
    ]
    std = np.array([np.std(values) for values in spread])
    scale = np.where(std > STD_EPSILON, 1.0 / (std + STD_EPSILON), 0.0)
    return Encoder(
        boundaries=np.stack(padded).reshape(len(padded), -1, BLOCK),
        counts=_column([len(q) for q in quantiles]),
        shift=_column(shift),
        logarithmic=logarithmic[:, np.newaxis],
        mean=_column([np.mean(values) for values in spread]),
        scale=_column(scale),
        with_sqrt=network.with_sqrt,
        with_z_score=network.with_z_score,
    )


def _clip_stages(stages: Tensor) -> Tensor:
    top = tf.constant(STAGES - 1, tf.int64)
    return tf.cast(tf.minimum(tf.maximum(stages, tf.constant(0, tf.int64)), top), tf.int32)


def _check(name: str, vocab: Mapping[str, Array]) -> Array:
    if name not in vocab:
        raise VocabError(
            f"the vocabulary lacks {name}", f"it has {', '.join(sorted(vocab))}", "run vocab again"
        )
    quantiles = np.asarray(vocab[name], np.float32)
    if not len(quantiles) or not np.isfinite(quantiles).all() or (np.diff(quantiles) < 0).any():
        raise VocabError(
            f"the boundaries of {name} are not finite and ascending",
            f"{len(quantiles)} boundaries, {int(np.isfinite(quantiles).sum())} of them finite",
            "run vocab again; a vocabulary of upstream's needs its inf and NaN removed",
        )
    return np.where(quantiles < SMALLEST, np.float32(0.0), quantiles)


def _first_positive(quantiles: Array) -> float:
    positive = quantiles[quantiles > 0]
    return float(positive[0]) if len(positive) else 1.0


def _column(values: Any) -> Array:
    return np.asarray(values, np.float32)[:, np.newaxis]
