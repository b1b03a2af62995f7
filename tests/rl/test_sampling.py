from __future__ import annotations

import numpy as np
import pytest

from regalloc.formats.features import FEATURES, NUM_CANDIDATES
from regalloc.rl.deterministic_tf import tf
from regalloc.rl.network.sampling import draw_uniforms, mix_array, perturb
from tests.rl.simulator import make_observations
from tests.rl.uniforms import draw_uniform_arrays

# Of chi-square's distribution with 32 degrees of freedom, one in 10^5 lies above.
CHI_SQUARE_32 = 77.0


def at(observations, index):
    return {name: values[index] for name, values in observations.items()}


def test_mix_is_splitmix64():
    # The first outputs of SplitMix64 seeded with 1234567, as published with its reference.
    states = np.uint64(1234567) + np.arange(1, 4, dtype=np.uint64) * np.uint64(0x9E3779B97F4A7C15)
    expected = [6457827717110365317, 3203168211198807973, 9817491932198370423]
    assert mix_array(states).tolist() == expected


@pytest.mark.parametrize("seed", [0, 1, -1, 2**63 - 1, -(2**63)])
def test_tensorflow_draws_what_numpy_draws(seed):
    observations = make_observations(1, 3)
    for index in range(3):
        one = at(observations, index)
        tensors = {name: tf.constant(value) for name, value in one.items()}
        drawn = draw_uniforms(tensors, tf.constant(seed, tf.int64)).numpy()
        np.testing.assert_array_equal(drawn, draw_uniform_arrays(one, seed))


def test_uniforms_are_inside_the_open_interval():
    one = at(make_observations(1, 1), 0)
    drawn = np.concatenate([draw_uniform_arrays(one, seed) for seed in range(200)])
    assert drawn.dtype == np.float32
    assert 0.0 < drawn.min() < 0.001
    assert 0.999 < drawn.max() < 1.0


@pytest.mark.parametrize("feature", FEATURES, ids=lambda f: f.name)
def test_uniforms_depend_on_every_feature(feature):
    one = at(make_observations(1, 1), 0)
    other = {name: value.copy() for name, value in one.items()}
    other[feature.name].reshape(-1)[-1] = 7
    assert not (draw_uniform_arrays(one, 3) == draw_uniform_arrays(other, 3)).any()


def test_draws_follow_the_distribution_over_seeds_and_over_observations():
    logits = np.linspace(-1, 1, NUM_CANDIDATES).astype(np.float32)
    expected = np.exp(logits) / np.exp(logits).sum()
    observations = make_observations(1, 4000)
    by_seed = [draw_uniform_arrays(at(observations, 0), seed) for seed in range(4000)]
    by_observation = [draw_uniform_arrays(at(observations, i), 7) for i in range(4000)]
    for uniforms in (by_seed, by_observation):
        drawn = (
            perturb(tf.constant(logits, tf.float64), tf.constant(np.stack(uniforms)))
            .numpy()
            .argmax(1)
        )
        counts = np.bincount(drawn, minlength=NUM_CANDIDATES)
        chi_square = ((counts - 4000 * expected) ** 2 / (4000 * expected)).sum()
        assert chi_square < CHI_SQUARE_32
