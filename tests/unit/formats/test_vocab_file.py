import numpy as np
import pytest

from regalloc.errors import VocabError
from regalloc.formats.features import FEATURE_NAMES
from regalloc.formats.vocab_file import read_vocab, write_vocab

VOCAB = {name: np.array([0.0, 0.1, 0.1, 1 / 3], np.float32) for name in FEATURE_NAMES}


def test_vocab_survives_its_files(tmp_path):
    write_vocab(tmp_path, VOCAB)
    read = read_vocab(tmp_path)
    assert {n: (v.dtype.name, v.tolist()) for n, v in read.items()} == {
        n: ("float32", v.tolist()) for n, v in VOCAB.items()
    }


def test_vocab_has_one_boundary_a_line(tmp_path):
    write_vocab(tmp_path, VOCAB | {"progress": np.array([0.0, 0.5], np.float32)})
    assert (tmp_path / "progress.buckets").read_text() == "0.0\n0.5\n"
    assert len(list(tmp_path.iterdir())) == 21


@pytest.mark.parametrize(
    ("text", "reason"),
    [
        (None, "does not exist"),
        ("", "it has no boundary"),
        ("0.0\nnan\n", "a boundary is not finite"),
        ("0.0\ninf\n", "a boundary is not finite"),
        ("1.0\n0.5\n", "the boundaries are not ascending"),
        ("0.0\nx\n", "could not convert"),
    ],
)
def test_bad_vocab_is_named(tmp_path, text, reason):
    write_vocab(tmp_path, VOCAB)
    path = tmp_path / "use_def_density.buckets"
    path.unlink() if text is None else path.write_text(text)
    with pytest.raises(VocabError) as caught:
        read_vocab(tmp_path)
    assert caught.value.brief == "the vocabulary of use_def_density cannot be used"
    assert reason in caught.value.details
    assert caught.value.exit_code == 24


@pytest.mark.parametrize("values", [[0.0, np.nan], [2.0, 1.0], []])
def test_bad_vocab_is_not_written(tmp_path, values):
    with pytest.raises(VocabError):
        write_vocab(tmp_path, VOCAB | {"mask": np.array(values, np.float32)})
