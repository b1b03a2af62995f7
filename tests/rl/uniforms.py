"""The uniforms of one decision in numpy: what the graph's are compared with."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np

from regalloc.formats.features import FEATURES, NUM_CANDIDATES
from regalloc.rl.network.sampling import GOLDEN, UNIFORM_BITS, mix_array


def draw_uniform_arrays(observation: Mapping[str, np.ndarray], seed: int) -> np.ndarray:
    words = [to_words(np.asarray(observation[f.name], f.dtype)).reshape(-1) for f in FEATURES]
    odd = mix_array(count(sum(f.size for f in FEATURES))) | np.uint64(1)
    total = np.sum(np.concatenate(words) * odd, dtype=np.uint64, keepdims=True)
    seeded = mix_array(np.array([seed % 2**64], np.uint64))
    mixed = mix_array(mix_array(total ^ seeded) + count(NUM_CANDIDATES))
    bits = mixed >> np.uint64(64 - UNIFORM_BITS)
    return (bits.astype(np.float32) + np.float32(0.5)) / np.float32(2**UNIFORM_BITS)


def to_words(values: np.ndarray) -> np.ndarray:
    if values.dtype == np.float32:
        return values.view(np.uint32).astype(np.uint64)
    return values.astype(np.uint64)


def count(steps: int) -> np.ndarray:
    return np.arange(1, steps + 1, dtype=np.uint64) * np.uint64(GOLDEN)
