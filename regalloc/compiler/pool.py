"""Many compiles at once, collected in the order they were asked for."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterable, Sequence
from concurrent.futures import ThreadPoolExecutor, as_completed
from dataclasses import dataclass
from typing import Protocol, TypeVar

from regalloc.compiler.processes import Processes
from regalloc.compiler.rollouts import Request, compile_group, group_requests
from regalloc.compiler.toolchain import Toolchain
from regalloc.formats.compile_results import Failed, Result
from regalloc.settings import Limits

T = TypeVar("T")
R = TypeVar("R")


class Pool(Protocol):
    """What many compiles are given to."""

    def compile(
        self,
        requests: Sequence[Request],
        advance: Callable[[], None],
        *,
        measure_code: bool = False,
    ) -> list[Result]:
        """Compile every request and return a result each, in the order of the requests.

        Args:
            requests: what to compile.
            advance: called once per finished request, in the calling thread.
            measure_code: whether results tell of the code that was generated, too.

        Raises:
            RegallocError: no compile can succeed.
        """


@dataclass(frozen=True)
class LocalPool:
    """Compiles on this machine.

    Attributes:
        toolchain: the compiler.
        limits: what each compile may use.
        jobs: compiles at the same time; changes no result.
    """

    toolchain: Toolchain
    limits: Limits
    jobs: int

    def compile(
        self,
        requests: Sequence[Request],
        advance: Callable[[], None],
        *,
        measure_code: bool = False,
    ) -> list[Result]:
        """Compile every request; see :class:`Pool` and :func:`compile_all`."""
        return compile_all(
            self.toolchain, requests, self.limits, self.jobs, advance, measure_code=measure_code
        )


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

    What fails as often as it is tried is returned as :class:`Failed`, to be quarantined.
    Requests of one module that follow each other are compiled together where that can be.

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

    def compile_places(places: list[int], processes: Processes) -> list[Result]:
        module = requests[places[0]][0]
        policies = [requests[place][1] for place in places]
        return compile_group(
            toolchain, module, policies, limits, processes, measure_code=measure_code
        )

    def advance_all(results: list[Result]) -> None:
        for _ in results:
            advance()

    groups = group_requests(requests, measure_code=measure_code)
    ends = run_all(
        compile_places,
        groups,
        jobs,
        advance_all,
        seconds=lambda places: requests[places[0]][0].replay.seconds * len(places),
    )
    # Groups are of requests that follow each other.
    return [result for results in ends for result in results]


def run_all(
    work: Callable[[T, Processes], R],
    items: Sequence[T],
    jobs: int,
    advance: Callable[[R], None],
    *,
    seconds: Callable[[T], float],
) -> list[R]:
    """Work on all items, those that take longest first, so that none is left over at the end.

    Args:
        work: what is done with an item; starts its processes where they can be ended.
        items: what it is done with.
        jobs: items at the same time; does not change the results.
        advance: takes what became of an item as soon as it is finished, in the calling thread.
        seconds: how long an item takes, in any unit.

    Returns:
        a result per item, in the order of the items.

    Raises:
        Whatever ``work`` raises; the processes still running are killed.
    """
    processes = Processes()
    order = longest_first([seconds(item) for item in items])
    pool = ThreadPoolExecutor(max_workers=jobs, thread_name_prefix="compile")
    try:
        futures = {index: pool.submit(work, items[index], processes) for index in order}
        for future in as_completed(futures.values()):
            advance(future.result())
        return [futures[index].result() for index in range(len(items))]
    finally:
        processes.kill()
        pool.shutdown(wait=True, cancel_futures=True)


def longest_first(seconds: Sequence[float]) -> list[int]:
    """Return the places of some durations, the longest's first and equal ones' in order."""
    return sorted(range(len(seconds)), key=lambda index: -seconds[index])


def count_kinds(failures: Iterable[Failed]) -> str:
    """Return failures as a histogram in words, the most frequent kind first."""
    kinds = Counter(failure.kind for failure in failures)
    ranked = sorted(kinds.items(), key=lambda item: (-item[1], item[0]))
    return ", ".join(f"{count} x {kind}" for kind, count in ranked)
