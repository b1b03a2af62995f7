from dataclasses import replace

import numpy as np
import pytest

from regalloc.compiler.features import FEATURES
from regalloc.compiler.training_log import parse_log, read_log
from regalloc.errors import TrainingLogError
from tests.unit.compiler.fakes import (
    event,
    flatten,
    make_episode,
    make_header,
    make_log,
    observation,
    outcome,
)

SPECS = [
    *((f.name, "int64_t" if f.dtype == "int64" else "float", f.shape) for f in FEATURES),
    ("index_to_evict", "int64_t", (1,)),
]


def test_log_gives_every_function_with_its_last_outcome_as_score():
    episodes = [make_episode("f", 3, 2.5), make_episode("g", 1, 0.5), make_episode("f", 2, 7.0)]
    assert flatten(parse_log(make_log(episodes))) == flatten(episodes)


def test_log_tensors_have_the_declared_shapes_and_dtypes():
    (episode,) = parse_log(make_log([make_episode("f", 3)]))
    seen = {name: (a.dtype.name, a.shape) for name, a in episode.observations.items()}
    assert seen == {f.name: (f.dtype, (3, *f.shape)) for f in FEATURES}
    assert (episode.actions.dtype, episode.actions.shape) == (np.dtype("int64"), (3,))


def test_log_keeps_extra_outputs_apart():
    extras = {"logits": np.arange(66, dtype=np.float32).reshape(2, 1, 33)}
    episode = replace(make_episode("f", 2), extras=extras)
    header = make_header([*SPECS[:-1], ("logits", "float", (1, 33)), SPECS[-1]])
    assert flatten(parse_log(make_log([episode], header))) == flatten([episode])


def test_log_with_prefixed_names_is_the_same_log():
    episodes = [make_episode("f", 2)]
    header = make_header(
        [("action_" + n if n != "index_to_evict" else n, t, s) for n, t, s in SPECS]
    )
    assert flatten(parse_log(make_log(episodes, header))) == flatten(episodes)


def test_log_of_two_greedy_runs_in_one_function_is_one_episode():
    episode = make_episode("f", 2, 4.0)
    log = b"".join(
        (
            make_header(),
            event("context", "f"),
            observation(episode, 0),
            event("context", "f"),
            outcome(0, 0.0),
            observation(episode, 1),
            outcome(1, 4.0),
        )
    )
    assert flatten(parse_log(log)) == flatten([episode])


@pytest.mark.parametrize(
    "log", [b"", make_header(), make_header() + event("context", "f") + event("context", "g")]
)
def test_log_without_decisions_has_no_episodes(log):
    assert parse_log(log) == ()


def test_log_that_was_never_opened_has_no_episodes(tmp_path):
    assert read_log(tmp_path / "log") == ()


@pytest.mark.parametrize("cut", [1, 6, 25, 1000, 2700])
def test_truncated_log_is_named(cut):
    with pytest.raises(TrainingLogError) as caught:
        parse_log(make_log([make_episode("f", 2)])[:-cut])
    assert caught.value.brief == "the training log is truncated"
    assert caught.value.exit_code == 22


def test_log_of_a_function_without_outcome_names_the_function():
    episode = make_episode("f", 1)
    log = make_header() + event("context", "f") + observation(episode, 0)
    with pytest.raises(TrainingLogError) as caught:
        parse_log(log + event("context", "g"))
    assert caught.value.details == "function f has no outcome"


@pytest.mark.parametrize(
    ("index", "spec", "details"),
    [
        (0, ("cost", "int64_t", (1, 33)), "mask int64 [1, 33], the log has cost int64 [1, 33]"),
        (2, ("nr_urgent", "int64_t", (1, 33)),
         "nr_urgent float32 [1, 33], the log has nr_urgent int64 [1, 33]"),
        (20, ("progress", "float", (2,)), "progress float32 [1], the log has progress float32 [2]"),
    ],
)  # fmt: skip
def test_header_that_differs_from_the_spec_shows_both(index, spec, details):
    specs = [*SPECS[:index], spec, *SPECS[index + 1 :]]
    with pytest.raises(TrainingLogError) as caught:
        parse_log(make_header(specs))
    assert caught.value.brief == "the training log does not fit the feature spec"
    assert caught.value.details == f"tensor {index}: expected {details}"


def test_header_with_too_few_tensors_says_which_is_missing():
    with pytest.raises(TrainingLogError) as caught:
        parse_log(make_header(SPECS[:20]))
    assert caught.value.details == "tensor 20: expected progress float32 [1], the log has none"


@pytest.mark.parametrize(
    "log",
    [
        b"garbage\n",
        b"[1]\n",
        b'{"features": 3}\n',
        b"\x00" * 300 + b"\n",
        make_header() + b"garbage\n",
        make_header() + event("observation", 0),
        make_header() + event("context", "f") + event("outcome", 0),
        make_header() + event("context", "f") + event("observation", 0) + b"x" * 4000,
    ],
)
def test_garbage_is_named(log):
    with pytest.raises(TrainingLogError) as caught:
        parse_log(log)
    assert caught.value.brief == "the training log is damaged"
