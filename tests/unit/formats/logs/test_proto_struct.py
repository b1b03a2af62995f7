"""The training log of LLVM 15."""

import base64
from dataclasses import replace

import numpy as np
import pytest

from regalloc.errors import TrainingLogError
from regalloc.formats.logs import proto_struct
from regalloc.formats.wire import field, tag
from tests.unit.compiler.fakes import entry, flatten, make_episode, make_lists, make_log, sequence

LISTS = make_lists(make_episode("f", 2))


def test_functions_come_in_one_order_whatever_the_order_of_the_map():
    episodes = [make_episode(name, 2) for name in "abcd"]
    for order in ("abcd", "dbca", "cadb"):
        log = make_log([episodes["abcd".index(name)] for name in order], "proto-struct")
        assert flatten(proto_struct.parse(log)) == flatten(episodes)


def test_functions_without_a_decision_are_no_episodes():
    episode = make_episode("f", 2)
    log = entry("a", b"") + make_log([episode], "proto-struct") + entry("z", b"")
    assert flatten(proto_struct.parse(log)) == flatten([episode])


def test_bytes_are_those_of_a_struct():
    # fields { key: "f" value { string_value: "" } }
    log = bytes.fromhex("0a07 0a0166 1202 1a00")
    assert entry("f", b"") == log
    assert proto_struct.parse(log) == ()


def test_extra_outputs_are_kept_apart():
    episode = make_episode("f", 2)
    extras = {name: np.arange(6, dtype=np.float32).reshape(2, 3) for name in ("logits", "b")}
    log = make_log([replace(episode, extras=extras)], "proto-struct")
    assert flatten(proto_struct.parse(log)) == flatten([replace(episode, extras=extras)])
    assert list(proto_struct.parse(log)[0].extras) == ["b", "logits"]


@pytest.mark.parametrize(
    ("changes", "details"),
    [
        ({"mask": None}, "expected mask int64 [1, 33], the log has none"),
        ({"mask": LISTS["mask"][:, :, 1:]},
         "expected mask int64 [1, 33], the log has mask int64 [32]"),
        ({"progress": np.zeros((2, 1), np.int64)},
         "expected progress float32 [1], the log has progress int64 [1]"),
        ({"index_to_evict": None}, "expected index_to_evict int64 [1], the log has none"),
        ({"reward": np.zeros((2, 2), np.float32)},
         "expected reward float32 [1], the log has reward float32 [2]"),
    ],
)  # fmt: skip
def test_lists_that_differ_from_the_spec_show_both(changes, details):
    lists = {name: value for name, value in {**LISTS, **changes}.items() if value is not None}
    with pytest.raises(TrainingLogError) as caught:
        proto_struct.parse(entry("f", sequence(lists)))
    assert caught.value.brief == "the training log does not fit the feature spec"
    assert caught.value.details == details


@pytest.mark.parametrize(
    ("changes", "details"),
    [
        ({"reward": LISTS["reward"][:1]}, "function f has 1 times reward for 2 decisions"),
        ({"reward": LISTS["reward"][:0]}, "function f has 0 times reward for 2 decisions"),
        ({"mask": LISTS["mask"][:1]}, "function f has 1 times mask for 2 decisions"),
        ({"logits": LISTS["progress"][:1]}, "function f has 1 times logits for 2 decisions"),
    ],
)
def test_lists_of_different_lengths_are_named(changes, details):
    with pytest.raises(TrainingLogError) as caught:
        proto_struct.parse(entry("f", sequence({**LISTS, **changes})))
    assert caught.value.brief == "the training log is truncated"
    assert caught.value.details == details


@pytest.mark.parametrize(
    ("log", "details"),
    [
        (b"\x09abc", "no map from functions to strings: tag 9 at byte 0"),
        (field(tag(1), b"\x0a\x05abc"),
         "no map from functions to strings: 5 bytes expected after byte 2"),
        (field(tag(2), b""), "no map from functions to strings: an entry of another kind"),
        (field(tag(1), field(tag(1), b"f")),
         "no map from functions to strings: an entry of another kind"),
        # A number instead of a string.
        (field(tag(1), field(tag(1), b"f") + field(tag(2), b"\x11" + bytes(8))),
         "no map from functions to strings: tag 17 at byte 0"),
        (entry("f", b"not base64!"), "function f has no SequenceExample: Only base64 data is"),
        (entry("f", base64.b64encode(b"\x12\x05abc")),
         "function f has no SequenceExample: 5 bytes expected after byte 2"),
        (entry("f", sequence({**LISTS, **{n: v[:0] for n, v in LISTS.items()}})),
         "function f has no decision"),
    ],
)  # fmt: skip
def test_garbage_is_named(log, details):
    with pytest.raises(TrainingLogError) as caught:
        proto_struct.parse(log)
    assert caught.value.brief == "the training log is damaged"
    assert caught.value.details.startswith(details)
