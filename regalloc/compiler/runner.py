"""One compile: a module and a policy, under limits, to episodes or a typed failure."""

from __future__ import annotations

import errno
import os
import signal
import tempfile
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Literal

from regalloc.compiler.bitcode import is_bitcode
from regalloc.compiler.code import Code, read_code
from regalloc.compiler.command_lines import Advice, Products, compile_argv
from regalloc.compiler.corpus import Module
from regalloc.compiler.diagnostics import blames_policy, explain
from regalloc.compiler.logs import Episode, read_log
from regalloc.compiler.processes import Exit, Processes, compile_place, run_limited
from regalloc.compiler.toolchain import BUILD_IMAGES, Toolchain
from regalloc.errors import DiskError, RegallocError, ToolchainError, TrainingLogError
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


def compile_module(
    toolchain: Toolchain,
    module: Module,
    policy: Path | None,
    limits: Limits,
    processes: Processes | None = None,
    *,
    measure_code: bool = False,
) -> Result:
    """Compile a module under a policy, or under the default heuristic if that is None.

    Nothing is left behind: the log is read, and the object written only to be measured.

    Raises:
        DiskError: there is no room for the log.
        ToolchainError: clang cannot be started.
        StoppedError: the processes were killed.
    """
    detail = _unusable(module)
    if detail:
        return Failed(module.name, "bad_module", detail)
    try:
        with tempfile.TemporaryDirectory(prefix="regalloc-") as name:
            advice = Advice(Path(name) / "log", policy)
            files = (Path(name) / "object", Path(name) / "remarks") if measure_code else ()
            products = Products(*files)
            argv = compile_argv(toolchain.clang, module, advice, products)
            place = compile_place(Path(name))
            end = run_limited(argv, place, limits, processes or Processes())
            result = _classify(module, end, limits) or _read(toolchain, module, end, advice)
            return _with_code(result, products)
    except OSError as error:
        cause = _translate(error, toolchain)
        if cause is None:
            raise
        raise cause from error


def _unusable(module: Module) -> str:
    try:
        with module.bitcode.open("rb") as file:
            head = file.read(4)
    except OSError as error:
        return f"{module.bitcode}: {error.strerror}"
    return "" if is_bitcode(head) else f"{module.bitcode} does not begin as bitcode does"


def _classify(module: Module, end: Exit, limits: Limits) -> Failed | None:
    errors = explain(end.stderr)
    failed = Failed(module.name, "exit", errors)
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


def _read(toolchain: Toolchain, module: Module, end: Exit, advice: Advice) -> Result:
    try:
        episodes = read_log(advice.log, toolchain.release.log_format)
    except TrainingLogError as error:
        return Failed(module.name, "bad_log", f"{error.brief}: {error.details}")
    if advice.policy is not None:
        # LLVM only asserts that a decision is legal, and release builds have no assertions.
        for episode in episodes:
            position = episode.find_illegal()
            if position is not None:
                detail = f"it chose position {position} in {episode.function}, which is not legal"
                return Failed(module.name, "bad_policy", detail)
    return Compiled(module.name, episodes, end.wall_s, end.user_s)


def _with_code(result: Result, products: Products) -> Result:
    if isinstance(result, Failed) or products.remarks is None:
        return result
    try:
        return replace(result, code=read_code(products.code, products.remarks))
    except ValueError as error:
        return Failed(result.module, "bad_code", str(error))


def _translate(error: OSError, toolchain: Toolchain) -> RegallocError | None:
    if error.errno in (errno.ENOSPC, errno.EDQUOT):
        return DiskError(
            "the disk is full",
            f"{tempfile.gettempdir()}: {error.strerror}",
            "free space in the folder for temporary files",
        )
    if error.filename == str(toolchain.clang.absolute()):
        return ToolchainError(
            "clang cannot be started",
            f"{toolchain.clang}: {error.strerror}",
            BUILD_IMAGES,
        )
    return None
