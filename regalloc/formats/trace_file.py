"""The default trace: one ``SequenceExample`` per function, as upstream's trainer reads it."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt

from regalloc.errors import TraceError
from regalloc.formats.features import DECISION, FEATURES, SCORE
from regalloc.formats.logs import Episode
from regalloc.formats.sequence_example import decode_sequence, encode_sequence
from regalloc.formats.tfrecord import read_records, write_records

Array = npt.NDArray[Any]


def encode_episode(episode: Episode) -> bytes:
    """Return an episode as ``SequenceExample``; each decision carries the function's score."""
    lists = dict(episode.observations)
    lists[DECISION] = episode.actions
    lists[SCORE] = np.full(episode.decisions, episode.score, np.float32)
    return encode_sequence(lists)


def write_trace(path: Path, episodes: Iterable[Episode]) -> int:
    """Write episodes in the order given and return how many there were."""
    return write_records(path, map(encode_episode, episodes))


def read_trace(path: Path) -> Iterator[dict[str, Array]]:
    """Yield each function's tensors.

    Yields:
        per feature an array ``(decisions, *shape)``, ``index_to_evict`` int64 ``(decisions,)`` and
        ``reward`` float32 ``(decisions,)``; further lists of the file are left out.

    Raises:
        TraceError: the file is missing or damaged, or lacks a feature.
    """
    for record in read_records(path):
        lists = _decode(path, record)
        decisions = len(lists.get(DECISION, ()))
        tensors = {f.name: _take(lists, f.name, f.dtype, (decisions, *f.shape)) for f in FEATURES}
        tensors[DECISION] = _take(lists, DECISION, "int64", (decisions,))
        tensors[SCORE] = _take(lists, SCORE, "float32", (decisions,))
        yield tensors


def _decode(path: Path, record: bytes) -> dict[str, Array]:
    try:
        return decode_sequence(record)
    except ValueError as error:
        raise TraceError(
            "the trace is damaged", f"{path}: no SequenceExample: {error}", "run trace again"
        ) from error


def _take(lists: dict[str, Array], name: str, dtype: str, shape: tuple[int, ...]) -> Array:
    array = lists.get(name)
    if array is None or array.dtype != dtype or array.size != np.prod(shape):
        have = "none" if array is None else f"{array.dtype} {list(array.shape)}"
        raise TraceError(
            "the trace does not fit the feature spec",
            f"{name}: expected {dtype} {list(shape)}, the trace has {have}",
            "run trace again",
        )
    return array.reshape(shape)
