"""Read the training log of LLVM 15's development advisor.

One ``google.protobuf.Struct`` from each function's name to a string: empty where there was nothing
to decide, else the base64 of a ``tf.train.SequenceExample`` with a list per feature, the decisions
and the rewards.  Only the last reward is the function's score, the ones before are 0.  All greedy
runs of a function end up in the one entry.

A map has no order on the wire, and the library's order changes from process to process: the
functions come back sorted by name.

Source: ``llvm/lib/Analysis/TFUtils.cpp``, ``llvm/lib/CodeGen/MLRegallocEvictAdvisor.cpp``.
"""

from __future__ import annotations

import binascii
import math
from typing import Any

import numpy as np
import numpy.typing as npt

from regalloc.formats.features import DECISION, FEATURES, SCORE
from regalloc.formats.logs.episode import Episode
from regalloc.formats.logs.log_errors import damaged, misfit, truncated
from regalloc.formats.sequence_example import decode_sequence
from regalloc.formats.wire import TruncatedError, fields, tag

Array = npt.NDArray[Any]

_ENTRY = _KEY = tag(1)
_VALUE = tag(2)
_STRING = tag(3)


def parse(data: bytes) -> tuple[Episode, ...]:
    """Return the episodes of a log's bytes, sorted by function.

    Raises:
        TrainingLogError: see :func:`regalloc.formats.logs.read_log`.
    """
    try:
        entries = list(fields(data))
    except TruncatedError as error:
        raise truncated(str(error)) from error
    except ValueError as error:
        raise damaged(f"no map from functions to strings: {error}") from error
    encoded = dict(_parse_entry(found, entry) for found, entry in entries)
    functions = sorted(function for function in encoded if encoded[function])
    return tuple(_decode(function, encoded[function]) for function in functions)


def _parse_entry(found: int, entry: bytes) -> tuple[str, bytes]:
    """Return function and string of a map's entry."""
    try:
        parts = dict(fields(entry))
        value = dict(fields(parts.get(_VALUE, b"")))
    except ValueError as error:
        raise damaged(f"no map from functions to strings: {error}") from error
    if found != _ENTRY or not parts.keys() <= {_KEY, _VALUE} or value.keys() != {_STRING}:
        raise damaged("no map from functions to strings: an entry of another kind")
    return parts.get(_KEY, b"").decode("utf-8", "surrogateescape"), value[_STRING]


def _decode(function: str, encoded: bytes) -> Episode:
    try:
        lists = decode_sequence(binascii.a2b_base64(encoded, strict_mode=True))
    except ValueError as error:
        raise damaged(f"function {function} has no SequenceExample: {error}") from error
    observations = {f.name: _take(lists, f.name, f.dtype, f.shape) for f in FEATURES}
    actions = _take(lists, DECISION, "int64", (1,)).reshape(-1)
    rewards = _take(lists, SCORE, "float32", (1,))
    if not len(actions):
        raise damaged(f"function {function} has no decision")
    for name, values in {**observations, **lists, SCORE: rewards}.items():
        if len(values) != len(actions):
            counts = f"{len(values)} times {name} for {len(actions)} decisions"
            raise truncated(f"function {function} has {counts}")
    extras = {name: lists[name] for name in sorted(lists)}
    return Episode(function, observations, actions, extras, float(rewards[-1, 0]))


def _take(lists: dict[str, Array], name: str, dtype: str, shape: tuple[int, ...]) -> Array:
    """Remove a list and return it as ``(decisions, *shape)``."""
    array = lists.pop(name, None)
    if array is None:
        raise misfit((name, dtype, shape), None)
    if not array.size:
        # Without a value there is no telling of which type it would have been.
        return np.zeros((0, *shape), dtype)
    if array.dtype != dtype or array.shape[1] != math.prod(shape):
        raise misfit((name, dtype, shape), (name, str(array.dtype), array.shape[1:]))
    return array.reshape(-1, *shape)
