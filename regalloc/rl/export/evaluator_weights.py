"""Policies as weights files, for the evaluator inside the compiler that needs no TensorFlow.

The file holds what :mod:`regalloc.rl.export.policy_graph` would put into the graph as constants,
the very same numbers, and the compiler's evaluator (docker/llvm/evaluator) does the same exact
arithmetic with them (:mod:`regalloc.rl.network.exact_arithmetic`,
:mod:`regalloc.rl.network.sampling`).
"""

from __future__ import annotations

from typing import Any, Literal
from zlib import crc32

import numpy as np
import numpy.typing as npt

from regalloc.formats.features import DECISION, FEATURES
from regalloc.formats.weights_file import WeightsFile, pack
from regalloc.rl.network import exact_arithmetic
from regalloc.rl.network.policy_network import Weights
from regalloc.rl.network.preprocessing import DENSITY, FLAGS, NORMALISED, STAGE_FEATURES, Encoder
from regalloc.rl.network.sampling import wrap_seed

Array = npt.NDArray[Any]
Kind = Literal["greedy", "sampling", "random"]

MASK = "mask"


def pack_network(
    kind: Kind, encoder: Encoder, weights: Weights, seed: int, saved_model: bytes
) -> bytes:
    """Return the weights file of a policy with a network.

    Args:
        kind: whether it takes the likeliest action or draws.
        encoder: the normalisation.
        weights: the trained ones.
        seed: of the draws.
        saved_model: the same policy, which the file lies beside.

    Raises:
        PolicyError: a weight is not finite.
    """
    features = {
        "normalised": list(NORMALISED),
        "flags": list(FLAGS),
        "stages": list(STAGE_FEATURES),
        "density": DENSITY,
        "layers": len(exact_arithmetic.layer_names(weights)),
    }
    arrays = {**_encoder_arrays(encoder), **_network_arrays(encoder, weights)}
    return pack(WeightsFile({**_describe(kind, seed, saved_model), **features}, arrays))


def pack_random(seed: int, saved_model: bytes) -> bytes:
    """Return the weights file of the policy that draws evenly, which has no weights."""
    return pack(WeightsFile(_describe("random", seed, saved_model), {}))


def _describe(kind: Kind, seed: int, saved_model: bytes) -> dict[str, Any]:
    types = {"float32": "float", "int64": "int64_t"}
    return {
        "kind": kind,
        "seed": wrap_seed(seed),
        "decision": DECISION,
        "mask": MASK,
        "saved_model": {"bytes": len(saved_model), "crc32": crc32(saved_model)},
        "features": [
            {"name": f.name, "type": types[f.dtype], "shape": list(f.shape)} for f in FEATURES
        ],
    }


def _encoder_arrays(encoder: Encoder) -> dict[str, Array]:
    """Return the constants of the normalisation, one row a normalised feature."""
    arrays = {
        "boundaries": encoder.boundaries.reshape(len(NORMALISED), -1),
        "counts": encoder.counts.reshape(-1).astype(np.int32),
        "buckets": exact_arithmetic.bucket_table(encoder),
        "logs": exact_arithmetic.LOGS,
        "steps": exact_arithmetic.STEPS,
    }
    if encoder.with_z_score:
        names = ("unit", "centre", "slope")
        constants = dict(zip(names, exact_arithmetic.z_constants(encoder), strict=True))
        constants |= {"shift": encoder.shift, "logarithmic": encoder.logarithmic.astype(np.int32)}
        arrays |= {name: value.reshape(-1) for name, value in constants.items()}
    return arrays


def _network_arrays(encoder: Encoder, weights: Weights) -> dict[str, Array]:
    """Return kernels and biases by layer; the stages' tables stand for the first layer's bias."""
    first, *rest = exact_arithmetic.layer_names(weights)
    kernel, (largest, smallest) = exact_arithmetic.first_layer(weights, first, encoder.width)
    arrays = {"kernel_0": kernel, "max_stage": largest, "min_stage": smallest}
    for index, layer in enumerate(rest, 1):
        arrays[f"kernel_{index}"], arrays[f"bias_{index}"] = exact_arithmetic.dense_layer(
            weights, layer
        )
    return arrays
