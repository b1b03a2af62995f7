"""Training logs: what the development advisor of either LLVM release writes, as episodes."""

from __future__ import annotations

from pathlib import Path
from typing import assert_never

from regalloc.formats.logs import json_lines, proto_struct
from regalloc.formats.logs.episode import Episode, Outcome
from regalloc.releases import LogFormat

__all__ = ["Episode", "Outcome", "parse_log", "read_log"]


def read_log(path: Path, log_format: LogFormat) -> tuple[Episode, ...]:
    """Return a log's functions that had a decision.

    A compile without register allocation (``-O0``) opens no log: no file and an empty file both
    mean no episode, as does a log of functions without decisions.

    Returns:
        the episodes, each with the same names, dtypes and shapes whatever the format; in the
        order of compilation where the format keeps it, else sorted by function.

    Raises:
        TrainingLogError: the log is truncated, is none, or has other tensors than ``FEATURES``.
    """
    try:
        data = path.read_bytes()
    except FileNotFoundError:
        return ()
    return parse_log(data, log_format)


def parse_log(data: bytes, log_format: LogFormat) -> tuple[Episode, ...]:
    """Return the episodes of a log's bytes; see :func:`read_log`."""
    match log_format:
        case "json-lines":
            return json_lines.parse(data)
        case "proto-struct":
            return proto_struct.parse(data)
        case _:
            assert_never(log_format)
