"""The observation LLVM's eviction advisor offers at each decision, as one table.

Source: ``RA_EVICT_FEATURES_LIST`` in ``llvm/lib/CodeGen/MLRegAllocEvictAdvisor.cpp``.  The order
here is the order of the tensors in the training log.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

import numpy as np

NUM_CANDIDATES = 33
"""Positions of a decision: 32 physical registers in allocation order, then the live range."""

DECISION = "index_to_evict"
SCORE = "reward"

DType = Literal["int64", "float32"]


@dataclass(frozen=True)
class Feature:
    """One tensor of an observation.

    Attributes:
        name: LLVM's name, without the ``action_`` prefix that graph inputs carry.
        dtype: element type in the log and at the graph's input.
        shape: shape of one decision's tensor, ``(1, 33)`` or ``(1,)``.
    """

    name: str
    dtype: DType
    shape: tuple[int, ...]

    @property
    def size(self) -> int:
        """Number of elements of one decision's tensor."""
        return int(np.prod(self.shape))


_PER_CANDIDATE = (1, NUM_CANDIDATES)

FEATURES: tuple[Feature, ...] = (
    Feature("mask", "int64", _PER_CANDIDATE),
    Feature("is_free", "int64", _PER_CANDIDATE),
    Feature("nr_urgent", "float32", _PER_CANDIDATE),
    Feature("nr_broken_hints", "float32", _PER_CANDIDATE),
    Feature("is_hint", "int64", _PER_CANDIDATE),
    Feature("is_local", "int64", _PER_CANDIDATE),
    Feature("nr_rematerializable", "float32", _PER_CANDIDATE),
    Feature("nr_defs_and_uses", "float32", _PER_CANDIDATE),
    Feature("weighed_reads_by_max", "float32", _PER_CANDIDATE),
    Feature("weighed_writes_by_max", "float32", _PER_CANDIDATE),
    Feature("weighed_read_writes_by_max", "float32", _PER_CANDIDATE),
    Feature("weighed_indvars_by_max", "float32", _PER_CANDIDATE),
    Feature("hint_weights_by_max", "float32", _PER_CANDIDATE),
    Feature("start_bb_freq_by_max", "float32", _PER_CANDIDATE),
    Feature("end_bb_freq_by_max", "float32", _PER_CANDIDATE),
    Feature("hottest_bb_freq_by_max", "float32", _PER_CANDIDATE),
    Feature("liverange_size", "float32", _PER_CANDIDATE),
    Feature("use_def_density", "float32", _PER_CANDIDATE),
    Feature("max_stage", "int64", _PER_CANDIDATE),
    Feature("min_stage", "int64", _PER_CANDIDATE),
    Feature("progress", "float32", (1,)),
)

FEATURE_NAMES: tuple[str, ...] = tuple(feature.name for feature in FEATURES)
