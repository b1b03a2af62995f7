"""What holds of a training log in either format."""

from dataclasses import replace

import numpy as np
import pytest

from regalloc.errors import TrainingLogError
from regalloc.formats.features import FEATURES
from regalloc.formats.logs import parse_log, read_log
from regalloc.releases import RELEASES
from tests.unit.compiler.fakes import flatten, make_episode, make_log

FORMATS = sorted({release.log_format for release in RELEASES})


@pytest.fixture(params=FORMATS)
def log_format(request):
    return request.param


def test_log_gives_every_function_with_its_last_outcome_as_score(log_format):
    episodes = [make_episode("f", 3, 2.5), make_episode("g", 1, 0.5), make_episode("h", 2, 7.0)]
    assert flatten(parse_log(make_log(episodes, log_format), log_format)) == flatten(episodes)


def test_log_tensors_have_the_declared_shapes_and_dtypes(log_format):
    (episode,) = parse_log(make_log([make_episode("f", 3)], log_format), log_format)
    seen = [(name, a.dtype.name, a.shape) for name, a in episode.observations.items()]
    assert seen == [(f.name, f.dtype, (3, *f.shape)) for f in FEATURES]
    assert (episode.actions.dtype, episode.actions.shape) == (np.dtype("int64"), (3,))


def test_function_that_costs_nothing_is_an_episode(log_format):
    episodes = [make_episode("f", 2, 0.0)]
    assert flatten(parse_log(make_log(episodes, log_format), log_format)) == flatten(episodes)


def test_values_beyond_the_ordinary_survive(log_format):
    episode = make_episode("f", 2)
    episode.observations["use_def_density"][:] = np.inf
    episode.observations["is_local"][1, 0, 3] = 300
    assert flatten(parse_log(make_log([episode], log_format), log_format)) == flatten([episode])


def test_name_that_is_not_utf8_is_kept(log_format):
    episodes = [make_episode("f", 1), replace(make_episode("g", 1), function="f\udce9")]
    parsed = parse_log(make_log(episodes, log_format), log_format)
    assert [episode.function for episode in parsed] == ["f", "f\udce9"]


def test_log_without_decisions_has_no_episodes(log_format, tmp_path):
    assert parse_log(b"", log_format) == ()
    assert parse_log(make_log([], log_format), log_format) == ()
    assert read_log(tmp_path / "never opened", log_format) == ()


@pytest.mark.parametrize("cut", [1, 6, 25, 1000, 2700])
def test_truncated_log_is_named(log_format, cut, tmp_path):
    path = tmp_path / "log"
    path.write_bytes(make_log([make_episode("f", 2)], log_format)[:-cut])
    with pytest.raises(TrainingLogError) as caught:
        read_log(path, log_format)
    assert caught.value.brief == "the training log is truncated"
    assert caught.value.exit_code == 22


@pytest.mark.parametrize("data", [b"garbage\n", b"\x00" * 300 + b"\n", b"\xff" * 64])
def test_bytes_that_are_no_log_are_named(log_format, data):
    with pytest.raises(TrainingLogError) as caught:
        parse_log(data, log_format)
    assert caught.value.brief in ("the training log is damaged", "the training log is truncated")


@pytest.mark.parametrize("log_format", FORMATS)
def test_log_of_the_other_format_is_no_log(log_format):
    other = next(name for name in FORMATS if name != log_format)
    with pytest.raises(TrainingLogError):
        parse_log(make_log([make_episode("f", 2)], other), log_format)


@pytest.mark.parametrize(
    ("action", "illegal"), [(5, None), (6, 6), (32, 32), (33, 33), (-1, -1), (2**40, 2**40)]
)
def test_decision_that_the_mask_excludes_is_found(action, illegal):
    episode = make_episode("f", 2)
    episode.observations["mask"][:] = 0
    episode.observations["mask"][:, 0, 5] = 1
    assert replace(episode, actions=np.array([5, action])).find_illegal() == illegal
