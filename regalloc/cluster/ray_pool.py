"""A pool whose compiles run on a Ray cluster.

Ray decides which node does what and does again what a lost node had: a compile depends on its
parcels alone, so that does not show in the results, which are collected in the order asked for.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from pathlib import Path
from typing import Any

from regalloc.cluster.connection import translated
from regalloc.cluster.identity import Identity
from regalloc.cluster.node import Answer, Order, UnfitNode, answer_sealed
from regalloc.cluster.nodes import Watch, refused
from regalloc.cluster.parcel import pack_module, pack_policy, unseal
from regalloc.compiler.pool import longest_first
from regalloc.compiler.rollouts import Request, group_requests
from regalloc.formats.compile_results import Result
from regalloc.formats.corpus import Module
from regalloc.settings import Limits

POLL_S = 0.5
RETRIES = 20
"""How often a compile is done again because the process or the node that had it was lost.  The
compiler runs beside that process and under limits of its own, so no module ends it."""


class RayPool:
    """Compiles on the nodes of a cluster.

    Args:
        ray: the connected module, or what stands in for it.
        identity: what every node's own must be equal to.
        limits: what each compile may use.
        say: takes a line for the user.
    """

    def __init__(
        self, ray: Any, identity: Identity, limits: Limits, say: Callable[[str], None] = print
    ) -> None:
        self._ray = ray
        self._identity = identity
        self._limits = limits
        self._say = say
        self._modules: dict[tuple[str, bool], Any] = {}
        options = {"num_cpus": 1, "max_retries": RETRIES, "scheduling_strategy": "SPREAD"}
        self._compile = ray.remote(**options)(answer_sealed)

    def compile(
        self,
        requests: Sequence[Request],
        advance: Callable[[], None],
        *,
        measure_code: bool = False,
    ) -> list[Result]:
        """Compile every request, the longest first, and return results in the order of requests.

        Raises:
            ClusterError: the cluster went away, or a node of it cannot compile.
            DiskError, ToolchainError: no compile can succeed on a node.
            PolicyError: a policy cannot be read.
        """
        with translated():
            distinct = dict.fromkeys(policy for _, policy in requests)
            policies = {policy: self._put_policy(policy) for policy in distinct}
            groups = group_requests(requests, measure_code=measure_code)
            order = longest_first(
                [requests[group[0]][0].replay.seconds * len(group) for group in groups]
            )
            terms = self._ray.put(Order(self._limits, measure_code, self._identity))
            places = {}
            for index in order:
                group = groups[index]
                parcel = self._put_module(requests[group[0]][0], measure_code)
                under = [policies[requests[place][1]] for place in group]
                places[self._compile.remote(parcel, terms, *under)] = group
            results: dict[int, Result] = {}
            for reference, answer in self._collect(list(places)):
                accepted = _accepted(answer, self._identity)
                for place, result in zip(places.pop(reference), accepted, strict=True):
                    results[place] = result
                    advance()
        return [results[index] for index in range(len(requests))]

    def _collect(self, waiting: list[Any]) -> Iterator[tuple[Any, Answer]]:
        """Yield each reference and its answer as they come; a lost node's come from another.

        What is not collected because something failed ends with our connection.
        """
        watch = Watch(self._ray, self._say)
        while waiting:
            done, waiting = self._ray.wait(waiting, num_returns=len(waiting), timeout=POLL_S)
            for reference in done:
                yield reference, unseal(self._ray.get(reference))
            watch.look(idle=not done)

    def _put_policy(self, policy: Path | None) -> Any:
        return self._ray.put(pack_policy(policy)) if policy else None

    def _put_module(self, module: Module, whole: bool) -> Any:
        """Return a module's reference; it is put into the object store once a run."""
        key = (module.name, whole)
        if key not in self._modules:
            self._modules[key] = self._ray.put(pack_module(module, whole))
        return self._modules[key]


def _accepted(answer: Answer, identity: Identity) -> list[Result]:
    if isinstance(answer, UnfitNode):
        raise refused(answer, identity)
    return answer
