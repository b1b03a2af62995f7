"""Read the training log of LLVM 19's development advisor.

A JSON line with the tensors' specs; then for each function ``{"context": name}``; for each decision
``{"observation": n}``, the raw tensors in the order of the specs, ``{"outcome": n}`` and the raw
score.  Only the last outcome of a function is its score, the ones before are 0.

Source: ``llvm/lib/Analysis/TrainingLogger.cpp``, ``llvm/lib/CodeGen/MLRegAllocEvictAdvisor.cpp``.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any

import numpy as np

from regalloc.formats.features import DECISION, FEATURES
from regalloc.formats.logs.episode import Episode
from regalloc.formats.logs.json_header import parse_header, parse_json
from regalloc.formats.logs.log_errors import damaged, truncated


def parse(data: bytes) -> tuple[Episode, ...]:
    """Return the episodes of a log's bytes, in the order of compilation.

    Raises:
        TrainingLogError: see :func:`regalloc.formats.logs.read_log`.
    """
    if not data:
        return ()
    cursor = _Cursor(data)
    record = parse_header(cursor.line())
    return tuple(_stack(_functions(cursor, record.itemsize), record))


@dataclass
class _Function:
    name: str
    records: list[bytes] = field(default_factory=list)
    score: float = 0.0
    pending: int | None = None


class _Cursor:
    """A position in the log's bytes."""

    def __init__(self, data: bytes) -> None:
        self._data = data
        self._position = 0

    def __bool__(self) -> bool:
        return self._position < len(self._data)

    def line(self) -> bytes:
        end = self._data.find(b"\n", self._position)
        if end < 0:
            raise truncated(f"no end of line after byte {self._position}")
        line = self._data[self._position : end]
        self._position = end + 1
        return line

    def tensors(self, nbytes: int) -> bytes:
        end = self._position + nbytes
        if end >= len(self._data):
            raise truncated(f"{nbytes} bytes expected after byte {self._position}")
        if self._data[end] != ord("\n"):
            raise damaged(f"the tensors at byte {self._position} do not end where they should")
        tensors = self._data[self._position : end]
        self._position = end + 1
        return tensors

    def decisions(self, nbytes: int, number: int) -> tuple[list[bytes], float]:
        """Return the tensors of decisions that follow each other, and the last one's score.

        Lines that are not just as LLVM writes them end the row; they are left to :meth:`event`.

        Args:
            nbytes: of a decision's tensors.
            number: of the first decision.
        """
        found: list[bytes] = []
        score = b"\0\0\0\0"
        while True:
            head, tail = b'{"observation":%d}\n' % number, b'\n{"outcome":%d}\n' % number
            start = self._position + len(head)
            end = start + nbytes
            last = end + len(tail) + len(score)
            if not (
                self._data.startswith(head, self._position)
                and self._data.startswith(tail, end)
                and self._data.startswith(b"\n", last)
            ):
                return found, float(np.frombuffer(score, np.float32)[0])
            found.append(self._data[start:end])
            score = self._data[last - len(score) : last]
            self._position = last + 1
            number += 1

    def event(self) -> tuple[str, Any]:
        """Return the only key of a JSON line, and its value."""
        start = self._position
        event = parse_json(self.line(), start)
        if len(event) != 1:
            raise damaged(f"no event at byte {start}")
        return next(iter(event.items()))


def _functions(cursor: _Cursor, nbytes: int) -> list[_Function]:
    functions: list[_Function] = []
    while cursor:
        match cursor.event():
            case "context", str(name):
                _switch(functions, name)
                _take_row(functions[-1], cursor, nbytes)
            case "observation", int(number) if functions and functions[-1].pending is None:
                functions[-1].records.append(cursor.tensors(nbytes))
                functions[-1].pending = number
            case "outcome", int(number) if functions and functions[-1].pending == number:
                functions[-1].score = float(np.frombuffer(cursor.tensors(4), np.float32)[0])
                functions[-1].pending = None
                _take_row(functions[-1], cursor, nbytes)
            case key, value:
                raise damaged(f"unexpected {key!r}: {value!r}")
    _check_outcome(functions)
    return [function for function in functions if function.records]


def _take_row(function: _Function, cursor: _Cursor, nbytes: int) -> None:
    """Take the decisions that follow each other as they mostly do, without parsing their lines."""
    if function.pending is None:
        records, score = cursor.decisions(nbytes, len(function.records))
        if records:
            function.records += records
            function.score = score


def _switch(functions: list[_Function], name: str) -> None:
    """Open the next function, unless it is the same one again.

    Some targets run greedy more than once per function (x86: tiles first).  Each run announces
    the function anew, possibly between a decision and its outcome.
    """
    if functions and functions[-1].name == name:
        return
    _check_outcome(functions)
    functions.append(_Function(name))


def _check_outcome(functions: list[_Function]) -> None:
    if functions and functions[-1].pending is not None:
        raise truncated(f"function {functions[-1].name} has no outcome")


def _stack(functions: list[_Function], record: np.dtype[np.void]) -> Iterator[Episode]:
    """Yield the functions' episodes: parts of arrays that hold the decisions of all."""
    rows = np.frombuffer(b"".join(r for function in functions for r in function.records), record)
    tensors = {name: np.ascontiguousarray(rows[name]) for name in record.names or ()}
    actions = tensors.pop(DECISION).reshape(-1)
    begin = 0
    for function in functions:
        end = begin + len(function.records)
        own = {name: values[begin:end] for name, values in tensors.items()}
        observations = {feature.name: own.pop(feature.name) for feature in FEATURES}
        yield Episode(function.name, observations, actions[begin:end], own, function.score)
        begin = end
