"""What becomes of a compile: episodes and the code, or a typed failure."""

from __future__ import annotations

import errno
import os
import signal
from collections.abc import Callable
from dataclasses import dataclass, replace
from typing import Literal

from regalloc.compiler.code import Code
from regalloc.compiler.diagnostics import blames_policy, explain
from regalloc.compiler.logs import Episode
from regalloc.compiler.processes import Exit
from regalloc.errors import DiskError
from regalloc.settings import Limits

FailureKind = Literal[
    "timeout", "signal", "out_of_memory", "exit", "bad_log", "bad_code", "bad_module", "bad_policy"
]

_OUT_OF_MEMORY = (
    "out of memory",
    "bad_alloc",
    "Cannot allocate memory",
    "ResourceExhausted",
    "failed to map segment",
)
_BAD_BITCODE = (
    "abbrev record",
    "can't skip",
    "itcode signature",
    "Invalid encoding",
    "Invalid record",
    "Malformed block",
    "Unexpected end of file reading",
)
_DISK_FULL = os.strerror(errno.ENOSPC)


@dataclass(frozen=True)
class Compiled:
    """A compile that ended well.

    Attributes:
        module: the module's name.
        episodes: its functions with a decision, in the order of their log.
        wall_s: elapsed seconds.
        user_s: seconds of processor time in user mode.
        code: what was generated, where that was asked for.
    """

    module: str
    episodes: tuple[Episode, ...]
    wall_s: float
    user_s: float
    code: Code | None = None


@dataclass(frozen=True)
class Failed:
    """A compile that gave no episodes.

    Attributes:
        module: the module's name.
        kind: what ended it.
        detail: signal name, limit, or the compiler's errors.
        attempts: how often it was tried.
    """

    module: str
    kind: FailureKind
    detail: str
    attempts: int = 1


Result = Compiled | Failed


def insist(compile_once: Callable[[], Result], attempts: int) -> Result:
    """Compile until it succeeds or was tried so often, and return what came of it."""
    for attempt in range(1, attempts + 1):
        result = compile_once()
        if not isinstance(result, Failed):
            break
        result = replace(result, attempts=attempt)
        # Files that are wrong do not become right by trying again.
        if result.kind in ("bad_module", "bad_policy"):
            break
    return result


def classify(module: str, end: Exit, limits: Limits) -> Failed | None:
    """Return why a compile of a module failed, or None if it did not.

    Raises:
        DiskError: there was no room for what it writes.
    """
    errors = explain(end.stderr)
    failed = Failed(module, "exit", errors)
    if end.timed_out or end.code == -signal.SIGXCPU:
        return replace(failed, kind="timeout", detail=f"no end after {limits.wall_s:g} s")
    if end.code == -signal.SIGXFSZ:
        return replace(failed, kind="signal", detail="SIGXFSZ: the training log grew too long")
    if end.code != 0 and _DISK_FULL in end.stderr:
        raise DiskError("the disk is full", errors, "free space in the folder for temporary files")
    if end.code == -signal.SIGKILL or (
        end.code != 0 and any(text in end.stderr for text in _OUT_OF_MEMORY)
    ):
        detail = f"limit {limits.memory_mb} MiB\n{errors}".strip()
        return replace(failed, kind="out_of_memory", detail=detail)
    if end.code and blames_policy(end.stderr):
        return replace(failed, kind="bad_policy")
    if end.code < 0:
        detail = f"{signal.Signals(-end.code).name}\n{errors}".strip()
        return replace(failed, kind="signal", detail=detail)
    if end.code and any(text in end.stderr for text in _BAD_BITCODE):
        return replace(failed, kind="bad_module")
    return replace(failed, detail=f"exit code {end.code}\n{errors}".strip()) if end.code else None
