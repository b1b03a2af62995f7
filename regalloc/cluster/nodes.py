"""The nodes of a cluster: that all of them can compile, and that there are any."""

from __future__ import annotations

import time
from collections.abc import Callable
from typing import Any

from regalloc.cluster.identity import Identity
from regalloc.cluster.node import UnfitNode, look
from regalloc.errors import ClusterError, RegallocError

SAME_IMAGE = "start every node from this checkout's image, regalloc-cluster (docs/cluster.md)"
LOOK_EVERY_S = 5.0
WAIT_S = 600.0
"""How long a run waits for a node when the last one is lost."""
CHECK_S = 60.0


def check_nodes(ray: Any, identity: Identity) -> int:
    """Ask every node that there is for its identity and return how many cores they have.

    A node that joins later is found out by its first compile.

    Raises:
        ClusterError: a node has another compiler or other code, does not answer, or there is none.
    """
    nodes = working_nodes(ray)
    if not nodes:
        raise ClusterError(
            "the cluster has no node that compiles",
            "its head is there; no other node has joined it, or none has a core",
            "start a node: ray start --block --address=HEAD:6379 (docs/cluster.md)",
        )
    place = ray.util.scheduling_strategies.NodeAffinitySchedulingStrategy
    asked = {
        ray.remote(
            num_cpus=0, max_retries=0, scheduling_strategy=place(node_id=node["NodeID"], soft=False)
        )(look).remote(identity): node
        for node in nodes
    }
    _, silent = ray.wait(list(asked), num_returns=len(asked), timeout=CHECK_S)
    if silent:
        raise ClusterError(
            f"node {_name(asked[silent[0]])} of the cluster does not answer",
            f"nothing came from it for {CHECK_S:g} s",
            "look at its log, or remove it from the cluster",
        )
    for reference in asked:
        if refusal := ray.get(reference):
            raise refused(refusal, identity)
    return int(sum(_cores(node) for node in nodes))


def working_nodes(ray: Any) -> list[dict[str, Any]]:
    """Return the nodes that live and have a core to compile on, by name."""
    nodes = [node for node in ray.nodes() if node["Alive"] and _cores(node) >= 1]
    return sorted(nodes, key=_name)


def refused(refusal: UnfitNode, identity: Identity) -> RegallocError:
    """Return the error that a node's refusal stands for."""
    if refusal.error:
        error = refusal.error
        return type(error)(f"node {refusal.node}: {error.brief}", error.details, error.resolution)
    differing = identity.differences(refusal.identity) if refusal.identity else ""
    return ClusterError(
        f"node {refusal.node} of the cluster has another toolchain", differing, SAME_IMAGE
    )


class Watch:
    """Tells the user, and in the end the caller, that nobody works any more.

    Args:
        ray: the connected module, or what stands in for it.
        say: takes a line for the user.
    """

    def __init__(self, ray: Any, say: Callable[[str], None]) -> None:
        self._ray = ray
        self._say = say
        self._looked = time.monotonic()
        self._alone_since: float | None = None

    def look(self, *, idle: bool) -> None:
        """Look for nodes once in a while, where nothing has come in since the last look.

        Raises:
            ClusterError: no node has been there for too long.
        """
        now = time.monotonic()
        if not idle:
            self._looked, self._alone_since = now, None
        elif now - self._looked >= LOOK_EVERY_S:
            self._looked = now
            self._count(now)

    def _count(self, now: float) -> None:
        if working_nodes(self._ray):
            self._alone_since = None
        elif self._alone_since is None:
            self._alone_since = now
            self._say("the cluster has lost its last node that compiles; waiting for another")
        elif now - self._alone_since >= WAIT_S:
            raise ClusterError(
                "the cluster has no node that compiles any more",
                f"none has joined for {WAIT_S:g} s",
                "start nodes, then run the same command again to go on",
            )


def _cores(node: dict[str, Any]) -> float:
    return float(node["Resources"].get("CPU", 0))


def _name(node: dict[str, Any]) -> str:
    return f"{node['NodeManagerHostname']} ({node['NodeManagerAddress']})"
