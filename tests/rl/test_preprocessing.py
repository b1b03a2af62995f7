from __future__ import annotations

import numpy as np
import pytest

from regalloc.errors import VocabError
from regalloc.formats.features import FEATURE_NAMES, FEATURES
from regalloc.rl.deterministic_tf import tf
from regalloc.rl.network.preprocessing import (
    DENSITY,
    FLAGS,
    NORMALISED,
    STAGE_FEATURES,
    create_encoder,
)
from regalloc.settings import Network
from tests.rl.simulator import NETWORK, make_vocab


def encode(encoder, **given):
    columns = {f.name: np.ones((1, 1), f.dtype) for f in FEATURES}
    columns |= {n: np.array([v], columns[n].dtype) for n, v in given.items()}
    size = max(v.shape[1] for v in columns.values())
    columns = {n: tf.constant(np.broadcast_to(v, (1, size))) for n, v in columns.items()}
    rows, stages = encoder(columns)
    return rows.numpy(), stages.numpy()


def columns_of(rows, name):
    at = NORMALISED.index(name)
    return rows[:, [at + k * len(NORMALISED) for k in range(4)]]


def test_every_feature_is_used_or_discarded():
    used = {*NORMALISED, *FLAGS, *STAGE_FEATURES}
    assert used | {"mask", "nr_urgent"} == set(FEATURE_NAMES)


def test_encoder_normalises_whole_values():
    vocab = make_vocab() | {"nr_broken_hints": np.array([0, 1, 2, 4], np.float32)}
    rows, _ = encode(create_encoder(vocab, NETWORK), nr_broken_hints=[0.0, 1.0, 3.0, 9.0])
    bucket = np.array([0.25, 0.5, 0.75, 1.0])
    z = (np.array([0, 1, 3, 9]) - 1.75) / np.std([0, 1, 2, 4])
    expected = np.stack([bucket, bucket**2, np.sqrt(bucket), z], 1)
    np.testing.assert_allclose(columns_of(rows, "nr_broken_hints"), expected, rtol=1e-6)


@pytest.mark.parametrize("quantiles", [1, 31, 32, 33, 1000])
def test_encoder_counts_boundaries_as_a_search_does(quantiles):
    rng = np.random.default_rng(quantiles)
    boundaries = np.sort(rng.integers(0, 200, quantiles)).astype(np.float32)
    values = np.concatenate(
        [boundaries, np.nextafter(boundaries, np.float32(-np.inf)), [1e-40, 999]]
    )
    vocab = make_vocab() | {"nr_rematerializable": boundaries}
    rows, _ = encode(create_encoder(vocab, NETWORK), nr_rematerializable=values)
    counted = columns_of(rows, "nr_rematerializable")[:, 0] * np.float32(quantiles)
    # What is below the smallest normal number counts as 0, here the one next to a boundary of 0.
    read = np.where(values < 1e-38, 0, values).astype(np.float32)
    expected = np.searchsorted(boundaries, read, "right")
    assert np.rint(counted).tolist() == expected.tolist()


def test_encoder_takes_logarithm_shifted_by_first_positive_boundary():
    quantiles = np.array([0, 0, 2, 8], np.float32)
    vocab = make_vocab() | {"liverange_size": quantiles}
    rows, _ = encode(create_encoder(vocab, NETWORK), liverange_size=[0.0, 6.0])
    logs = np.log(quantiles + 2.0)
    z = (np.log([2.0, 8.0]) - logs.mean()) / logs.std()
    bucket = np.array([0.5, 0.75])
    expected = np.stack([bucket, bucket**2, np.sqrt(bucket), z], 1)
    np.testing.assert_allclose(columns_of(rows, "liverange_size"), expected, rtol=1e-6)


def test_encoder_flags_inf_and_nan_alike_and_reads_them_as_one():
    encoder = create_encoder(make_vocab(), NETWORK)
    rows, _ = encode(encoder, **{DENSITY: [1.0, np.inf, np.nan, -np.inf]})
    assert np.isfinite(rows).all()
    flag = 4 * len(NORMALISED)
    assert rows[:, flag].tolist() == [0.0, 1.0, 1.0, 1.0]
    np.testing.assert_array_equal(np.delete(rows, flag, 1), np.delete(rows[:1], flag, 1)[[0] * 4])


@pytest.mark.parametrize("name", [n for n in NORMALISED if n != DENSITY])
def test_encoder_stays_finite_for_any_feature(name):
    rows, _ = encode(create_encoder(make_vocab(), NETWORK), **{name: [np.nan, np.inf, -3.0, 0.0]})
    assert np.isfinite(rows).all()


def test_encoder_passes_flags_and_clips_stages():
    encoder = create_encoder(make_vocab(), NETWORK)
    rows, stages = encode(
        encoder,
        is_free=[1, 0],
        is_hint=[0, 1],
        is_local=[5, 0],
        max_stage=[9, 3],
        min_stage=[-1, 6],
    )
    assert rows[:, -3:].tolist() == [[1.0, 0.0, 5.0], [0.0, 1.0, 0.0]]
    assert stages.tolist() == [[6, 0], [3, 6]]


def test_encoder_gives_constant_feature_no_z_score():
    vocab = make_vocab() | {"progress": np.full(7, 0.5, np.float32)}
    rows, _ = encode(create_encoder(vocab, NETWORK), progress=[0.0, 0.5, 9.0])
    assert columns_of(rows, "progress").tolist() == [[0, 0, 0, 0], [1, 1, 1, 0], [1, 1, 1, 0]]


@pytest.mark.parametrize(
    ("with_sqrt", "with_z_score", "per"), [(False, False, 2), (True, False, 3)]
)
def test_encoder_width_follows_settings(with_sqrt, with_z_score, per):
    network = Network(
        layers=(4,),
        stage_embedding=2,
        with_sqrt=with_sqrt,
        with_z_score=with_z_score,
        logits_scale=1.0,
    )
    encoder = create_encoder(make_vocab(), network)
    assert encode(encoder)[0].shape == (1, encoder.width) == (1, per * len(NORMALISED) + 4)


@pytest.mark.parametrize(
    ("boundaries", "details"),
    [
        ([0.0, np.nan], "2 boundaries, 1 of them finite"),
        ([1.0, 0.0], "2 boundaries, 2 of them finite"),
        ([], "0 boundaries, 0 of them finite"),
    ],
)
def test_encoder_refuses_bad_boundaries(boundaries, details):
    vocab = make_vocab() | {DENSITY: np.array(boundaries, np.float32)}
    with pytest.raises(VocabError) as caught:
        create_encoder(vocab, NETWORK)
    assert caught.value.brief == "the boundaries of use_def_density are not finite and ascending"
    assert caught.value.details == details


def test_encoder_refuses_missing_feature():
    vocab = {name: b for name, b in make_vocab().items() if name != "progress"}
    with pytest.raises(VocabError, match="the vocabulary lacks progress"):
        create_encoder(vocab, NETWORK)
