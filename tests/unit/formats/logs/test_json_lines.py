"""The training log of LLVM 19."""

from dataclasses import replace

import numpy as np
import pytest

from regalloc.errors import TrainingLogError
from regalloc.formats.features import FEATURES
from regalloc.formats.logs import json_lines
from tests.unit.compiler.fakes import (
    event,
    flatten,
    json_episode,
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


def test_functions_come_in_the_order_of_compilation():
    episodes = [make_episode("g", 1), make_episode("f", 2), make_episode("g", 2)]
    assert flatten(json_lines.parse(make_log(episodes))) == flatten(episodes)


def test_extra_outputs_are_kept_apart():
    extras = {"logits": np.arange(66, dtype=np.float32).reshape(2, 1, 33)}
    episode = replace(make_episode("f", 2), extras=extras)
    header = make_header([*SPECS[:-1], ("logits", "float", (1, 33)), SPECS[-1]])
    assert flatten(json_lines.parse(header + json_episode(episode))) == flatten([episode])


def test_log_with_prefixed_names_is_the_same_log():
    episode = make_episode("f", 2)
    header = make_header(
        [("action_" + n if n != "index_to_evict" else n, t, s) for n, t, s in SPECS]
    )
    assert flatten(json_lines.parse(header + json_episode(episode))) == flatten([episode])


def test_two_greedy_runs_in_one_function_are_one_episode():
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
    assert flatten(json_lines.parse(log)) == flatten([episode])


def test_lines_that_are_written_with_spaces_are_the_same_log():
    episodes = [make_episode("f", 12, 4.0), make_episode("g", 2)]
    log = make_log(episodes)
    spaced = log.replace(b'"observation":1}', b'"observation": 1}').replace(
        b'"outcome":11}', b'"outcome": 11}'
    )
    assert len(spaced) == len(log) + 3
    assert flatten(json_lines.parse(spaced)) == flatten(episodes)


def test_functions_of_one_name_count_their_decisions_on():
    first, other, second = make_episode("f", 2), make_episode("g", 1), make_episode("f", 3, 2.5)
    log = make_log([first, other]) + event("context", "f")
    for index in range(3):
        log += observation(second, index).replace(b":%d}" % index, b":%d}" % (index + 2), 1)
        log += outcome(index + 2, 2.5 if index == 2 else 0.0)
    assert flatten(json_lines.parse(log)) == flatten([first, other, second])


def test_functions_without_a_decision_are_no_episodes():
    assert json_lines.parse(make_header() + event("context", "f") + event("context", "g")) == ()


def test_function_without_outcome_is_named():
    episode = make_episode("f", 1)
    log = make_header() + event("context", "f") + observation(episode, 0)
    with pytest.raises(TrainingLogError) as caught:
        json_lines.parse(log + event("context", "g"))
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
        json_lines.parse(make_header(specs))
    assert caught.value.brief == "the training log does not fit the feature spec"
    assert caught.value.details == f"expected {details}"


def test_header_with_too_few_tensors_says_which_is_missing():
    with pytest.raises(TrainingLogError) as caught:
        json_lines.parse(make_header(SPECS[:20]))
    assert caught.value.details == "expected progress float32 [1], the log has none"


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
        json_lines.parse(log)
    assert caught.value.brief == "the training log is damaged"
