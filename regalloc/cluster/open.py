"""From an address to a pool, with everything checked that can be checked before a compile."""

from __future__ import annotations

from regalloc.cluster.address import parse_address
from regalloc.cluster.connection import connect, translated
from regalloc.cluster.identity import identify
from regalloc.cluster.nodes import check_nodes
from regalloc.cluster.ray_pool import RayPool
from regalloc.compiler.toolchain import Toolchain
from regalloc.settings import Limits


def open_cluster(text: str, toolchain: Toolchain, limits: Limits) -> RayPool:
    """Return a pool of the nodes behind an address, all of which have this compiler.

    Raises:
        ConfigError: the address is none.
        ClusterError: the cluster cannot be reached, or a node of it has another compiler.
    """
    address = parse_address(text)
    ray = connect(address)
    identity = identify(toolchain.clang)
    with translated():
        cores = check_nodes(ray, identity)
    print(f"compiles on {cores} cores of the cluster at {address}")
    return RayPool(ray, identity, limits)
