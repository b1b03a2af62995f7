"""Where a stage's compiles are done: on this machine, or on a Ray cluster."""

from __future__ import annotations

from regalloc import settings
from regalloc.compiler.pool import LocalPool, Pool
from regalloc.compiler.toolchain import Toolchain
from regalloc.stages.context import StageContext


def open_pool(context: StageContext, toolchain: Toolchain) -> Pool:
    """Return what a stage gives its compiles to."""
    limits = context.settings.get(settings.Limits)
    return LocalPool(toolchain, limits, context.jobs)
