"""Why a compile failed, and how often it is tried."""

from __future__ import annotations

import errno
import os
import signal
from collections.abc import Callable
from dataclasses import dataclass, replace
from typing import TypeVar

from regalloc.compiler.diagnostics import blames_policy, explain
from regalloc.compiler.processes import Exit
from regalloc.errors import DiskError
from regalloc.formats.compile_results import Failed
from regalloc.settings import Limits

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


PATIENCE = 3
"""So many times as long a compile may take that is tried again because it took too long."""

_FINAL = frozenset({"bad_module", "bad_policy"})
"""Files that are wrong do not become right by trying again."""

T = TypeVar("T")


@dataclass(frozen=True)
class Conditions:
    """What a compile is tried under.

    Attributes:
        limits: what it may use.
        alone: whether no other compile of ours runs beside it.
    """

    limits: Limits
    alone: bool = False

    def after(self, failed: Failed) -> Conditions:
        """Return the conditions of the next try, calmer where it may have been the machine."""
        match failed.kind:
            case "timeout":
                return replace(
                    self, limits=replace(self.limits, wall_s=self.limits.wall_s * PATIENCE)
                )
            case "out_of_memory" | "signal":
                return replace(self, alone=True)
            case _:
                return self


def insist(compile_once: Callable[[Conditions], T | Failed], limits: Limits) -> T | Failed:
    """Compile until it succeeds or was tried ``limits.attempts`` times; return what came of it.

    Time and memory run short by accident, and what is killed was not always killed for its own
    sake: then it is tried under calmer conditions.  What takes too long is given more time once.
    """
    conditions = Conditions(limits)
    for attempt in range(1, limits.attempts + 1):
        result = compile_once(conditions)
        if not isinstance(result, Failed):
            return result
        result = replace(result, attempts=attempt)
        calmer = conditions.after(result)
        given_time = calmer.limits != conditions.limits and conditions.limits != limits
        if result.kind in _FINAL or given_time:
            return result
        conditions = calmer
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
