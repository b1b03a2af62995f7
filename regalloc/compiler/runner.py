"""One compile: a module and a policy, under limits, to episodes or a typed failure."""

from __future__ import annotations

import errno
import tempfile
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path

from regalloc.compiler.command_lines import Advice, Products, compile_argv
from regalloc.compiler.failures import Conditions, classify, insist
from regalloc.compiler.processes import Exit, Processes, compile_place, run_limited
from regalloc.compiler.toolchain import BUILD_IMAGES, Toolchain
from regalloc.errors import DiskError, RegallocError, ToolchainError, TrainingLogError
from regalloc.formats.bitcode import is_bitcode
from regalloc.formats.compile_results import Compiled, Failed, Result
from regalloc.formats.corpus import Module
from regalloc.formats.generated_code import read_code
from regalloc.formats.logs import read_log
from regalloc.settings import Limits


def compile_module(
    toolchain: Toolchain,
    module: Module,
    policy: Path | None,
    limits: Limits,
    processes: Processes | None = None,
    *,
    measure_code: bool = False,
    alone: bool = False,
) -> Result:
    """Compile a module under a policy, or under the default heuristic if that is None.

    Nothing is left behind: the log is read, and the object written only to be measured.  Where it
    is measured, code is generated for the whole module, not for functions with a decision alone.

    Where it is ``alone``, none of the other processes runs beside it.

    Raises:
        DiskError: there is no room for the log.
        ToolchainError: clang cannot be started.
        StoppedError: the processes were killed.
    """
    (result,) = _compile(toolchain, module, (policy,), limits, processes, measure_code, alone)
    return result


def compile_rollouts(
    toolchain: Toolchain,
    module: Module,
    policies: Sequence[Path],
    limits: Limits,
    processes: Processes | None = None,
) -> list[Result]:
    """Compile a module once and make a rollout under each policy, all of our own export.

    What comes before a function's first decision is done once.  Each result is what
    :func:`compile_module` gives under that policy, times aside, which are shared out evenly; but if
    the compile fails, all have failed.

    Raises:
        DiskError, ToolchainError, StoppedError: as :func:`compile_module`.
    """
    # What several take together is what they may take together.
    together = replace(limits, wall_s=limits.wall_s * len(policies))
    return _compile(toolchain, module, policies, together, processes, measure_code=False)


def _compile(
    toolchain: Toolchain,
    module: Module,
    policies: Sequence[Path | None],
    limits: Limits,
    processes: Processes | None,
    measure_code: bool,
    alone: bool = False,
) -> list[Result]:
    if detail := _unusable(module.source(whole=measure_code)):
        return [Failed(module.name, "bad_module", detail) for _ in policies]
    with _explained(toolchain), tempfile.TemporaryDirectory(prefix="regalloc-") as name:
        folder = Path(name)
        first, *others = (Advice(folder / f"log.{n}", p) for n, p in enumerate(policies))
        files = (folder / "object", folder / "remarks") if measure_code else ()
        products = Products(*files)
        argv = compile_argv(toolchain.clang, module, first, products, others)
        place = compile_place(folder, rollouts=len(policies))
        end = run_limited(argv, place, limits, processes or Processes(), alone)
        if failed := classify(module.name, end, limits):
            return [failed for _ in policies]
        share = replace(end, wall_s=end.wall_s / len(policies), user_s=end.user_s / len(policies))
        results = (_read(toolchain, module, share, advice) for advice in (first, *others))
        return [_with_code(result, products) for result in results]


def run_tool_limited(
    toolchain: Toolchain,
    module: Module,
    argv: tuple[str, ...],
    limits: Limits,
    processes: Processes,
) -> Failed | None:
    """Run one of the toolchain's tools on a module's bitcode and return how it failed, if it did.

    As a compile it is tried again.

    Raises:
        DiskError: there is no room for what it writes.
        ToolchainError: it cannot be started.
        StoppedError: the processes were killed.
    """

    def run_once(under: Conditions) -> Failed | None:
        with _explained(toolchain), tempfile.TemporaryDirectory(prefix="regalloc-") as name:
            place = compile_place(Path(name))
            end = run_limited(argv, place, under.limits, processes, under.alone)
            return classify(module.name, end, under.limits)

    return insist(run_once, limits)


def _unusable(bitcode: Path) -> str:
    try:
        with bitcode.open("rb") as file:
            head = file.read(4)
    except OSError as error:
        return f"{bitcode}: {error.strerror}"
    return "" if is_bitcode(head) else f"{bitcode} does not begin as bitcode does"


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
    if isinstance(result, Failed) or products.code is None or products.remarks is None:
        return result
    try:
        return replace(result, code=read_code(products.code, products.remarks))
    except ValueError as error:
        return Failed(result.module, "bad_code", str(error))


@contextmanager
def _explained(toolchain: Toolchain) -> Iterator[None]:
    """Turn what the system refuses into errors of our own, where the cause is known."""
    try:
        yield
    except OSError as error:
        cause = _translate(error, toolchain)
        if cause is None:
            raise
        raise cause from error


def _translate(error: OSError, toolchain: Toolchain) -> RegallocError | None:
    if error.errno in (errno.ENOSPC, errno.EDQUOT):
        return DiskError(
            "the disk is full",
            f"{tempfile.gettempdir()}: {error.strerror}",
            "free space in the folder for temporary files",
        )
    tool = Path(error.filename or "")
    if tool.parent == toolchain.clang.absolute().parent:
        return ToolchainError(
            f"{tool.name} cannot be started", f"{tool}: {error.strerror}", BUILD_IMAGES
        )
    return None
