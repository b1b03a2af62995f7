import numpy as np
import pytest

from regalloc.errors import TraceError, VocabError
from regalloc.formats.features import FEATURES
from regalloc.formats.trace_file import write_trace
from regalloc.formats.vocab_file import read_vocab
from regalloc.settings import Settings, Vocab
from regalloc.stages import vocab
from regalloc.stages.context import StageContext
from tests.unit.compiler.fakes import make_episode


def make_context(tmp_path, episodes, fraction=1.0, seed=0):
    (tmp_path / "default_trace").mkdir(exist_ok=True)
    write_trace(tmp_path / "default_trace" / "trace.tfrecord", episodes)
    settings = Settings((Vocab(quantiles=10, sampling_fraction=fraction),))
    return StageContext(tmp_path, tmp_path, tmp_path, seed, 1, settings)


def test_vocab_has_every_feature(tmp_path):
    vocab.run(make_context(tmp_path, [make_episode("f", 5)]))
    read = read_vocab(tmp_path / "vocab")
    assert {name: len(v) for name, v in read.items()} == {f.name: 10 for f in FEATURES}
    assert set(read["mask"].tolist()) == {1.0}


def test_vocab_is_cut_over_legal_positions(tmp_path):
    episode = make_episode("f", 4)
    mask = np.zeros((4, 1, 33), np.int64)
    mask[:, 0, 32] = 1
    episode.observations["mask"] = mask
    values = np.zeros((4, 1, 33), np.float32)
    values[:, 0, 32] = (0.5, 0.75, np.inf, np.nan)
    episode.observations["use_def_density"] = values
    vocab.run(make_context(tmp_path, [episode]))
    read = read_vocab(tmp_path / "vocab")
    np.testing.assert_allclose(read["use_def_density"], np.linspace(0.5, 0.75, 10), rtol=1e-6)
    assert len(read["progress"]) == 10


def test_vocab_of_a_constant_feature_is_constant():
    boundaries = vocab.cut_quantiles("is_hint", np.ones(7, np.int64), 4)
    assert (boundaries.dtype.name, boundaries.tolist()) == ("float32", [1.0] * 4)


def test_vocab_of_a_feature_without_finite_values_fails():
    with pytest.raises(VocabError) as caught:
        vocab.cut_quantiles("use_def_density", np.array([np.inf, np.nan], np.float32), 4)
    assert caught.value.brief == "feature use_def_density has no finite value"


def test_vocab_of_an_empty_trace_fails(tmp_path):
    with pytest.raises(TraceError, match="the trace is empty"):
        vocab.run(make_context(tmp_path, []))


def test_vocab_sample_depends_on_the_seed_only(tmp_path):
    episodes = [make_episode(f"f{i}", 9) for i in range(9)]
    read = []
    for seed in (1, 1, 2):
        vocab.run(make_context(tmp_path, episodes, 0.5, seed))
        read.append(read_vocab(tmp_path / "vocab")["progress"].tolist())
    assert read[0] == read[1] != read[2]
