"""The specs TF-Agents works with, made from the table of features.

The agents see *encoded* observations (:mod:`regalloc.rl.network.preprocessing`): normalising has no
weights, so it is done once per decision and not in each of the gradient steps that use it.
"""

from __future__ import annotations

from typing import Any

from regalloc.formats.features import DECISION, NUM_CANDIDATES
from regalloc.rl.deterministic_tf import tensor_spec, tf, time_step

FEATURE_COLUMNS = "features"
STAGE_COLUMNS = "stages"
MASK = "mask"

STAGES = 7
"""Stages a live range can be in, ``LiveRangeStage`` in ``llvm/lib/CodeGen/RegAllocGreedy.h``."""


def encoded_spec(width: int) -> dict[str, Any]:
    """Return the encoded observation of one decision.

    ``features`` float32 ``(33, width)``, ``stages`` int32 ``(33, 2)`` in 0 to 6 (the maximum,
    then the minimum), ``mask`` int32 ``(33,)`` with 1 where a position is legal.
    """
    stages = tensor_spec.BoundedTensorSpec(
        (NUM_CANDIDATES, 2), tf.int32, minimum=0, maximum=STAGES - 1, name=STAGE_COLUMNS
    )
    mask = tensor_spec.BoundedTensorSpec((NUM_CANDIDATES,), tf.int32, 0, 1, name=MASK)
    features = tf.TensorSpec((NUM_CANDIDATES, width), tf.float32, FEATURE_COLUMNS)
    return {FEATURE_COLUMNS: features, STAGE_COLUMNS: stages, MASK: mask}


def action_spec() -> Any:
    """Return the decision: int64 scalar, a position from 0 to 32."""
    return tensor_spec.BoundedTensorSpec(
        (), tf.int64, minimum=0, maximum=NUM_CANDIDATES - 1, name=DECISION
    )


def time_step_spec(width: int) -> Any:
    """Return the agents' time step over encoded observations of that width."""
    return time_step.time_step_spec(encoded_spec(width))
