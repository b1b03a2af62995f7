"""Observations that invite evaluators to differ."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np

from regalloc.formats.features import FEATURES

Observations = dict[str, np.ndarray]

ODD = [
    np.inf,
    -np.inf,
    np.nan,
    0.0,
    -0.0,
    -1.0,
    1e-45,
    1.1754942e-38,
    1.1754944e-38,
    3.4028235e38,
    1.0,
]


def vary(observations: Observations) -> Iterator[tuple[str, Observations]]:
    """Yield the observations as they are, with odd values, with neighbours, and with ties."""
    yield "trace", observations
    rng = np.random.default_rng(7)
    floats = [f.name for f in FEATURES if f.dtype == "float32"]
    odd = {name: values.copy() for name, values in observations.items()}
    for name in floats:
        chosen = rng.uniform(size=odd[name].shape) < 0.3
        odd[name][chosen] = rng.choice(np.array(ODD, np.float32), int(chosen.sum()))
    yield "odd", odd
    # Most values of a trace are boundaries of the vocabulary.
    signs = {name: rng.choice([-np.inf, np.inf], observations[name].shape) for name in floats}
    yield (
        "neighbours",
        observations
        | {
            name: np.nextafter(observations[name], signs[name].astype(np.float32))
            for name in floats
        },
    )
    noise = {name: 1 + rng.normal(0, 1e-6, observations[name].shape) for name in floats}
    yield (
        "shaken",
        observations
        | {name: (observations[name] * noise[name]).astype(np.float32) for name in floats},
    )
    # Every position looks like one of two.
    which = rng.integers(0, 2, observations["mask"].shape) * 32
    tied = {f.name: np.take_along_axis(observations[f.name], which, 2)
            for f in FEATURES if f.size > 1}  # fmt: skip
    yield "ties", observations | tied | {"mask": observations["mask"]}
