"""What runs on a node: one compile, from parcels, by the compiler of the node's own image."""

from __future__ import annotations

import os
import socket
import tempfile
from dataclasses import dataclass, replace
from functools import cache
from pathlib import Path

from regalloc.cluster.identity import Identity, identify
from regalloc.cluster.parcel import ModuleParcel, PolicyParcel, seal
from regalloc.compiler.pool import insist
from regalloc.compiler.results import Failed, Result
from regalloc.compiler.runner import compile_module
from regalloc.compiler.toolchain import Toolchain, open_toolchain
from regalloc.errors import DiskError, RegallocError
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
class Refusal:
    """Why a node compiles nothing.

    Attributes:
        node: the node's name.
        identity: the node's, where that is the reason.
        error: what is wrong, where it is something else.
    """

    node: str
    identity: Identity | None = None
    error: RegallocError | None = None


Answer = Result | Refusal


def look(expected: Identity) -> Refusal | None:
    """Return what keeps this node from compiling, if anything does."""
    found = identify(TOOLCHAIN / "bin" / "clang")
    return None if found == expected else Refusal(socket.gethostname(), identity=found)


def answer_sealed(module: ModuleParcel, policy: PolicyParcel | None, order: Order) -> bytes:
    """Compile a module and return the answer as it travels; see :func:`compile_parcel`."""
    return seal(compile_parcel(module, policy, order))


def compile_parcel(module: ModuleParcel, policy: PolicyParcel | None, order: Order) -> Answer:
    """Compile a module under a policy as :func:`compile_module` does, and leave nothing behind.

    The parcels are written for each compile anew: that takes little of the compile's time, and no
    worker that is killed, and no policy that is outdated, leaves a cache to clean.
    """
    if refusal := look(order.identity):
        return refusal
    with tempfile.TemporaryDirectory(prefix="regalloc-parcel-") as name:
        folder = Path(name)
        try:
            unpacked = module.unpack(folder)
            model = policy.unpack(folder) if policy else None
            result = insist(
                lambda: compile_module(
                    _toolchain(),
                    unpacked,
                    model,
                    order.limits,
                    measure_code=order.measure_code,
                ),
                order.limits.attempts,
            )
        except RegallocError as error:
            return Refusal(socket.gethostname(), error=error)
        except OSError as error:
            full = DiskError(
                "a file cannot be written", str(error), f"free space in {folder.parent}"
            )
            return Refusal(socket.gethostname(), error=full)
        return _told_as_at_home(result, folder, module, policy)


@cache
def _toolchain() -> Toolchain:
    return open_toolchain(TOOLCHAIN)


def _told_as_at_home(
    result: Result, folder: Path, module: ModuleParcel, policy: PolicyParcel | None
) -> Result:
    """Name files where they lie for the user, in which no two compiles differ."""
    if not isinstance(result, Failed):
        return result
    detail = result.detail.replace(str(folder / "module.bc"), module.source)
    if policy:
        detail = detail.replace(str(folder / "policy"), policy.source)
    return replace(result, detail=detail)
