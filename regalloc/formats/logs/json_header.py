"""The first line of a JSON-lines log: which tensors follow, and whether they are the ones we know.

Source: ``Logger::writeHeader`` in ``llvm/lib/Analysis/TrainingLogger.cpp``.
"""

from __future__ import annotations

import json
from typing import Any

import numpy as np

from regalloc.formats.features import DECISION, FEATURES, SCORE
from regalloc.formats.logs.log_errors import TensorSpec, damaged, misfit

_DTYPES = {
    "float": "float32",
    "double": "float64",
    "int8_t": "int8",
    "uint8_t": "uint8",
    "int16_t": "int16",
    "uint16_t": "uint16",
    "int32_t": "int32",
    "uint32_t": "uint32",
    "int64_t": "int64",
    "uint64_t": "uint64",
}
_PREFIX = "action_"
_SPEC = tuple((f.name, str(f.dtype), f.shape) for f in FEATURES)
_DECISION_SPEC = (DECISION, "int64", (1,))
_SCORE_SPEC = (SCORE, "float32", (1,))


def parse_header(line: bytes) -> np.dtype[np.void]:
    """Return the layout of one decision's tensors from the first line of a log.

    Raises:
        TrainingLogError: the tensors are not those of ``FEATURES``, extra outputs, the decision.
    """
    header = parse_json(line, 0)
    try:
        specs = [_parse_spec(spec) for spec in header["features"]]
        score = _parse_spec(header["score"])
    except (KeyError, TypeError, ValueError) as error:
        raise damaged(f"the header does not describe tensors: {error!r}") from error
    _check_specs(specs[: len(_SPEC)], _SPEC)
    _check_specs(specs[len(_SPEC) :][-1:], (_DECISION_SPEC,))
    _check_specs([score], (_SCORE_SPEC,))
    try:
        return np.dtype(specs)
    except ValueError as error:
        raise damaged(f"the header does not describe tensors: {error}") from error


def parse_json(line: bytes, position: int) -> dict[str, Any]:
    """Return the JSON object on the line that begins at a position of the log.

    Raises:
        TrainingLogError: there is none.
    """
    try:
        value = json.loads(line.decode("utf-8", "surrogateescape"))
    except ValueError as error:
        raise damaged(f"no JSON at byte {position}: {line[:60]!r}") from error
    if not isinstance(value, dict):
        raise damaged(f"no JSON object at byte {position}: {line[:60]!r}")
    return value


def _parse_spec(spec: dict[str, Any]) -> TensorSpec:
    name = str(spec["name"]).removeprefix(_PREFIX)
    return name, _DTYPES[spec["type"]], tuple(int(size) for size in spec["shape"])


def _check_specs(seen: list[TensorSpec], expected: tuple[TensorSpec, ...]) -> None:
    for index, want in enumerate(expected):
        have = seen[index] if index < len(seen) else None
        if have != want:
            raise misfit(want, have)
