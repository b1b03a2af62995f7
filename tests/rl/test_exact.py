"""The exported arithmetic: a third evaluator, in integers only, has to agree to the last bit."""

from __future__ import annotations

import numpy as np
import pytest

from regalloc.errors import PolicyError
from regalloc.formats.features import FEATURES, NUM_CANDIDATES
from regalloc.rl.deterministic_tf import tf
from regalloc.rl.network import exact_arithmetic
from regalloc.rl.network.preprocessing import (
    FLAGS,
    NORMALISED,
    SMALLEST,
    STAGE_FEATURES,
    create_encoder,
)
from tests.rl.simulator import NETWORK, make_observations, make_vocab

ONE = 1 << exact_arithmetic.FRACTION_BITS
ODD = [np.inf, -np.inf, np.nan, 0.0, -1.0, 1e-45, 1.1754944e-38, 3.4028235e38, 1.0, 1e-3, 700.0]


def to_int(values, bits):
    """Return values that are multiples of 2^-bits as integers, exactly."""
    scaled = np.ldexp(np.asarray(values, np.float64), bits)
    assert (scaled == np.rint(scaled)).all()
    return [int(value) for value in scaled.ravel()]


def rounded(value, bits, limit):
    """Return round(value / 2^bits, limit) in units of 2^-16."""
    bound = int(limit) << bits
    clipped = max(-bound, min(bound, value))
    shift = bits - exact_arithmetic.FRACTION_BITS
    return clipped << -shift if shift <= 0 else (clipped + (1 << (shift - 1))) >> shift


def rate_in_integers(encoder, weights, columns):
    """Return the logits of N positions in units of 2^-16, by Python's unbounded integers."""
    kernel, tables = exact_arithmetic.first_layer(weights, "hidden_0", encoder.width)
    # TensorFlow's own part: comparing, counting, looking up. What is summed up is integers.
    features, stages = (t.numpy() for t in exact_arithmetic._encode(encoder, columns))
    layers = [(kernel, tables)]
    for name in ("hidden_1", "logits"):
        bits = exact_arithmetic._fraction_bits(weights[f"{name}/kernel"].astype(np.float64),
                                    np.abs(weights[f"{name}/bias"]))  # fmt: skip
        grid = exact_arithmetic.on_grid(weights[f"{name}/kernel"], bits)
        layers.append((grid, exact_arithmetic.on_grid(weights[f"{name}/bias"], bits + 16)))
    logits = []
    for row, (largest, smallest) in zip(features, stages, strict=True):
        hidden = to_int(row, exact_arithmetic.FRACTION_BITS)
        for depth, (matrix, added) in enumerate(layers):
            extra = added[0][largest] + added[1][smallest] if depth == 0 else added
            columns_of = [to_int(matrix[:, j], 40) for j in range(matrix.shape[1])]
            offsets = to_int(extra, 56)
            totals = [
                sum(a * w for a, w in zip(hidden, column, strict=True)) + offset
                for column, offset in zip(columns_of, offsets, strict=True)
            ]
            last = depth == len(layers) - 1
            limit = exact_arithmetic.LOGIT_LIMIT if last else exact_arithmetic.ACTIVATION_LIMIT
            hidden = [rounded(t if last else max(t, 0), 56, limit) for t in totals]
        logits.append(hidden[0])
    return logits


def columns_of(observations, index):
    columns = {f.name: tf.constant(observations[f.name][index]) for f in FEATURES}
    return columns | {"progress": tf.broadcast_to(columns["progress"], [1, NUM_CANDIDATES])}


def make_odd(seed):
    observations = make_observations(seed, 4)
    rng = np.random.default_rng(seed)
    for feature in FEATURES:
        values = observations[feature.name]
        if feature.dtype == "float32":
            chosen = rng.uniform(size=values.shape) < 0.4
            values[chosen] = rng.choice(np.array(ODD, np.float32), int(chosen.sum()))
        elif feature.name in (*FLAGS, *STAGE_FEATURES):
            values[:] = rng.integers(-3, 12, values.shape)
    return observations


@pytest.mark.parametrize("make", [lambda seed: make_observations(seed, 4), make_odd])
def test_integers_agree_with_tensorflow_to_the_last_bit(encoder, weights, make):
    observations = make(3)
    for index in range(4):
        columns = columns_of(observations, index)
        rated = exact_arithmetic.rate(encoder, weights, columns).numpy()
        assert to_int(rated, 16) == rate_in_integers(encoder, weights, columns)


def test_rows_are_those_of_training_but_for_rounding(encoder):
    columns = columns_of(make_observations(5, 1), 0)
    ours, stages = exact_arithmetic._encode(encoder, columns)
    theirs, their_stages = encoder(columns)
    assert to_int(ours, 16)
    assert stages.numpy().tolist() == their_stages.numpy().tolist()
    np.testing.assert_allclose(ours.numpy(), theirs.numpy(), atol=3e-5)


def test_large_values_keep_their_z_score():
    """Boundaries beyond the limit of the arithmetic are measured in a larger unit."""
    vocab = make_vocab() | {"nr_rematerializable": np.linspace(0, 3e6, 50, dtype=np.float32)}
    encoder = create_encoder(vocab, NETWORK)
    observations = make_observations(6, 1)
    observations["nr_rematerializable"][:] = np.linspace(0, 2e6, NUM_CANDIDATES)
    columns = columns_of(observations, 0)
    at = 3 * len(NORMALISED) + NORMALISED.index("nr_rematerializable")
    ours, theirs = (
        exact_arithmetic._encode(encoder, columns)[0].numpy(),
        encoder(columns)[0].numpy(),
    )
    np.testing.assert_allclose(ours[:, at], theirs[:, at], atol=1e-4)


def test_log2_is_that_of_numpy_within_a_millionth():
    values = np.geomspace(SMALLEST, 3.4e38, 100_001).astype(np.float32)
    values = np.concatenate([values, 1 - np.geomspace(2**-24, 0.5, 1000).astype(np.float32)])
    got = exact_arithmetic.log2(tf.constant(values)).numpy()
    assert to_int(got, 33)
    np.testing.assert_allclose(got, np.log2(values.astype(np.float64)), atol=1e-6)


def test_log2_ascends():
    values = np.float32(0.75) + np.arange(2**17, dtype=np.float32) * np.float32(2**-24)
    assert (np.diff(exact_arithmetic.log2(tf.constant(values)).numpy()) > 0).all()


@pytest.mark.parametrize(
    ("value", "expected"),
    [(0.0, 0), (2**-17, 1), (-(2**-17), 0), (2**-17 - 2**-40, 0), (1.0, ONE), (300.0, 256 * ONE),
     (-1e300, -256 * ONE), (3 * 2**-17, 2)],
)  # fmt: skip
def test_round_off_rounds_halves_up_and_clips(value, expected):
    rounded_off = exact_arithmetic.round_off(
        tf.constant([value], tf.float64), exact_arithmetic.ACTIVATION_LIMIT
    )
    assert to_int(rounded_off, 16) == [expected]


def test_no_sum_needs_more_bits_than_float64_has(weights):
    for scale in (1e-3, 1.0, 1e4, 1e9):
        kernel = weights["hidden_1/kernel"].astype(np.float64) * scale
        bias = np.full(kernel.shape[1], scale)
        bits = exact_arithmetic._fraction_bits(kernel, bias)
        largest = (
            np.abs(exact_arithmetic.on_grid(kernel, bits)).sum(0)
            * exact_arithmetic.ACTIVATION_LIMIT
            + bias
        )
        assert np.ldexp(largest, bits + exact_arithmetic.FRACTION_BITS).max() < 2**53


@pytest.mark.parametrize("value", [np.nan, np.inf])
def test_weights_that_are_not_finite_are_refused(encoder, weights, value):
    broken = weights | {"hidden_1/kernel": weights["hidden_1/kernel"] * value}
    with pytest.raises(PolicyError) as caught:
        exact_arithmetic.rate(encoder, broken, columns_of(make_observations(1, 1), 0))
    assert caught.value.render() == (
        "error: the policy cannot be exported\n"
        "a weight is infinite or not a number\n"
        "what to do: train with a lower learning rate"
    )
