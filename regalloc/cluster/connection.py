"""The connection to a cluster, and what its failures mean.  The only file that imports Ray."""

from __future__ import annotations

import os
import socket
import time
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from regalloc.cluster.address import PORT, Address
from regalloc.errors import ClusterError, RegallocError

ANSWER_S = 5.0
"""How long the head may take to answer."""
RECONNECT_S = 30
"""How long a connection that broke is tried to be made again."""

_AGAIN = "the checkpoint is kept: run the same command again to go on"


def connect(address: Address) -> Any:
    """Connect to the head of a cluster as a client and return Ray.

    Raises:
        ClusterError: Ray is not installed, nobody answers, or who answers is no head of Ray's, or
            one of another version.
    """
    # Ray reads these when it is imported.
    os.environ.setdefault("RAY_CLIENT_RECONNECT_GRACE_PERIOD", str(RECONNECT_S))
    for name in ("INITIAL", "MAX"):
        os.environ.setdefault(f"RAY_CLIENT_{name}_CONNECTION_TIMEOUT_S", f"{ANSWER_S:.0f}")
    os.environ.setdefault("RAY_USAGE_STATS_ENABLED", "0")
    # Without it a call after the head was lost starts a cluster of its own here.
    os.environ["RAY_ENABLE_AUTO_CONNECT"] = "0"
    ray = _import()
    _reach(address)
    try:
        # Workers' output is their nodes' matter.
        ray.init(str(address), log_to_driver=False, logging_level="ERROR")
    except ConnectionError as error:
        raise ClusterError(
            f"what answers at {address} is not the head of a Ray cluster that can be used",
            str(error),
            f"give the port of Ray's client server ({PORT} by default) and, if the cluster has "
            "one, its token (RAY_AUTH_TOKEN_PATH); look at the head's log",
        ) from error
    except RuntimeError as error:
        raise ClusterError(
            f"the cluster at {address} cannot be used by this version of Ray",
            str(error),
            "start every node from this checkout's image, regalloc-cluster (docs/cluster.md)",
        ) from error
    return ray


@contextmanager
def translated() -> Iterator[None]:
    """Turn what Ray raises into errors of our own.

    Raises:
        ClusterError: the head is lost, or a task could not be done on any node.
    """
    began = time.monotonic()
    try:
        yield
    except RegallocError:
        raise
    except ConnectionError as error:
        after = f"{time.monotonic() - began:.0f} s into the compiles: {error}"
        raise ClusterError("the head of the cluster is lost", after, _AGAIN) from error
    except Exception as error:
        if type(error).__module__.partition(".")[0] not in ("ray", "grpc"):
            raise
        raise ClusterError(
            "the cluster could not do a compile", str(error).strip(), f"look at the nodes; {_AGAIN}"
        ) from error


def _import() -> Any:
    try:
        import ray
        import ray.util.scheduling_strategies
    except ImportError as error:
        raise ClusterError(
            "Ray is not installed where the stage runs",
            str(error),
            "build it: invoke build-cluster",
        ) from error
    return ray


def _reach(address: Address) -> None:
    """Knock at the head's port: Ray itself would wait for a minute and tell no cause."""
    try:
        socket.create_connection((address.host, address.port), timeout=ANSWER_S).close()
    except OSError as error:
        raise ClusterError(
            f"nobody answers at {address}",
            f"{error}" or type(error).__name__,
            "check the address and that the head runs; from a container this machine is not "
            "127.0.0.1, and a head on a docker network needs --network=NAME",
        ) from error
