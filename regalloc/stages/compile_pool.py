"""Where a stage's compiles are done: on this machine, or on a Ray cluster."""

from __future__ import annotations

from regalloc import settings
from regalloc.compiler.pool import LocalPool, Pool
from regalloc.compiler.toolchain import Toolchain
from regalloc.stages.context import StageContext


def open_pool(context: StageContext, toolchain: Toolchain) -> Pool:
    """Return what a stage gives its compiles to.

    Raises:
        ConfigError: the cluster's address is none.
        ClusterError: the cluster cannot be used.
    """
    limits = context.settings.get(settings.Limits)
    if not context.cluster:
        return LocalPool(toolchain, limits, context.jobs)
    # Lies in the cluster's image alone.
    from regalloc.cluster.open import open_cluster

    return open_cluster(context.cluster, toolchain, limits)
