"""Many compiles at once, collected in the order they were asked for."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterable, Sequence
from concurrent.futures import ThreadPoolExecutor, as_completed
from dataclasses import replace
from pathlib import Path

from regalloc.compiler.corpus import Module
from regalloc.compiler.processes import Processes
from regalloc.compiler.runner import Failed, Result, compile_module
from regalloc.compiler.toolchain import Toolchain
from regalloc.settings import Limits

Request = tuple[Module, Path | None]
"""A module and the policy it is compiled under, None for the default heuristic."""


def compile_all(
    toolchain: Toolchain,
    requests: Sequence[Request],
    limits: Limits,
    jobs: int,
    advance: Callable[[], None] = lambda: None,
    *,
    measure_code: bool = False,
) -> list[Result]:
    """Compile every request and wait for all of them.

    A failed compile is tried again, ``limits.attempts`` times in all: memory and time may have run
    short by accident.  What fails each time is returned as :class:`Failed`, to be quarantined.

    Args:
        toolchain: the compiler.
        requests: what to compile.
        limits: what each compile may use.
        jobs: compiles at the same time; does not change the results.
        advance: called once per finished request, in the calling thread.
        measure_code: whether results tell of the code that was generated, too.

    Returns:
        a result per request, in the order of the requests.

    Raises:
        DiskError, ToolchainError: no compile can succeed; those still running are killed, as they
            are on KeyboardInterrupt.
    """
    processes = Processes()

    def compile_once(request: Request) -> Result:
        return compile_module(toolchain, *request, limits, processes, measure_code=measure_code)

    pool = ThreadPoolExecutor(max_workers=jobs, thread_name_prefix="compile")
    try:
        futures = [
            pool.submit(_insist, compile_once, request, limits.attempts) for request in requests
        ]
        for future in as_completed(futures):
            future.result()
            advance()
        return [future.result() for future in futures]
    finally:
        processes.kill()
        pool.shutdown(wait=True, cancel_futures=True)


def count_kinds(failures: Iterable[Failed]) -> str:
    """Return failures as a histogram in words, the most frequent kind first."""
    kinds = Counter(failure.kind for failure in failures)
    ranked = sorted(kinds.items(), key=lambda item: (-item[1], item[0]))
    return ", ".join(f"{count} x {kind}" for kind, count in ranked)


def _insist(compile_once: Callable[[Request], Result], request: Request, attempts: int) -> Result:
    for attempt in range(1, attempts + 1):
        result = compile_once(request)
        if not isinstance(result, Failed):
            break
        result = replace(result, attempts=attempt)
        # Files that are wrong do not become right by trying again.
        if result.kind in ("bad_module", "bad_policy"):
            break
    return result
