"""What runs on a node: one compile, from parcels, by the compiler of the node's own image."""

from __future__ import annotations

import os
import socket
import tempfile
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from functools import cache
from pathlib import Path

from regalloc.cluster.identity import Identity, identify
from regalloc.cluster.parcel import ModuleParcel, PolicyParcel, seal
from regalloc.compiler.rollouts import compile_group
from regalloc.compiler.toolchain import Toolchain, open_toolchain
from regalloc.errors import DiskError, RegallocError
from regalloc.formats.compile_results import Failed, Result
from regalloc.settings import Limits

TOOLCHAIN = Path(os.environ.get("REGALLOC_TOOLCHAIN", "/opt/llvm"))
"""Where the compiler lies on a node."""


@dataclass(frozen=True)
class Order:
    """How a module is compiled.

    Attributes:
        limits: what the compile may use.
        measure_code: whether the result tells of the code that was generated, too.
        identity: what the node's own must be equal to.
    """

    limits: Limits
    measure_code: bool
    identity: Identity


@dataclass(frozen=True)
class UnfitNode:
    """Why a node compiles nothing.

    Attributes:
        node: the node's name.
        identity: the node's, where that is the reason.
        error: what is wrong, where it is something else.
    """

    node: str
    identity: Identity | None = None
    error: RegallocError | None = None


Answer = list[Result] | UnfitNode
"""What became of a module under each of the policies, or why nothing did."""


def look(expected: Identity) -> UnfitNode | None:
    """Return what keeps this node from compiling, if anything does."""
    found = identify(TOOLCHAIN / "bin" / "clang")
    return None if found == expected else UnfitNode(socket.gethostname(), identity=found)


def answer_sealed(module: ModuleParcel, order: Order, *policies: PolicyParcel | None) -> bytes:
    """Compile a module and return the answer as it travels; see :func:`compile_parcel`."""
    return seal(compile_parcel(module, order, policies))


def compile_parcel(
    module: ModuleParcel, order: Order, policies: Sequence[PolicyParcel | None]
) -> Answer:
    """Compile a module under each policy, None for the default heuristic; leave nothing behind.

    The parcels are written for each compile anew: that takes little of the compile's time, and no
    worker that is killed, and no policy that is outdated, leaves a cache to clean.
    """
    if refusal := look(order.identity):
        return refusal
    with tempfile.TemporaryDirectory(prefix="regalloc-parcel-") as name:
        folder = Path(name)
        try:
            unpacked = module.unpack(folder)
            models = [
                policy.unpack(folder / str(number)) if policy else None
                for number, policy in enumerate(policies)
            ]
            results = compile_group(
                _toolchain(), unpacked, models, order.limits, measure_code=order.measure_code
            )
        except RegallocError as error:
            return UnfitNode(socket.gethostname(), error=error)
        except OSError as error:
            full = DiskError(
                "a file cannot be written", str(error), f"free space in {folder.parent}"
            )
            return UnfitNode(socket.gethostname(), error=full)
        sources = {str(folder / "module.bc"): module.source}
        for policy, model in zip(policies, models, strict=True):
            if policy and model:
                sources[str(model)] = policy.source
        return [_told_as_at_home(result, sources) for result in results]


@cache
def _toolchain() -> Toolchain:
    return open_toolchain(TOOLCHAIN)


def _told_as_at_home(result: Result, sources: Mapping[str, str]) -> Result:
    """Name files where they lie for the user, in which no two compiles differ."""
    if not isinstance(result, Failed):
        return result
    detail = result.detail
    for here, there in sources.items():
        detail = detail.replace(here, there)
    return replace(result, detail=detail)
