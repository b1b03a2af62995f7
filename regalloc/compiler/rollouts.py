"""All that is asked of one module: in one compile where that can be, tried again where it fails."""

from __future__ import annotations

from collections.abc import Sequence
from functools import partial
from itertools import groupby
from pathlib import Path

from regalloc.compiler.failures import Conditions, insist
from regalloc.compiler.processes import Processes
from regalloc.compiler.runner import compile_module, compile_rollouts
from regalloc.compiler.toolchain import Toolchain
from regalloc.formats.compile_results import Failed, Result
from regalloc.formats.corpus import Module
from regalloc.settings import Limits

Request = tuple[Module, Path | None]
"""A module and the policy it is compiled under, None for the default heuristic."""


def group_requests(requests: Sequence[Request], *, measure_code: bool) -> list[list[int]]:
    """Return the places of the requests, those together that are one compile's rollouts.

    They follow each other, are of one module, and nobody asks for their code.
    """

    def joined(place: int) -> tuple[str, int]:
        module, policy = requests[place]
        return module.name, -1 if policy is not None and not measure_code else place

    return [list(places) for _, places in groupby(range(len(requests)), joined)]


def compile_group(
    toolchain: Toolchain,
    module: Module,
    policies: Sequence[Path | None],
    limits: Limits,
    processes: Processes | None = None,
    *,
    measure_code: bool = False,
) -> list[Result]:
    """Compile a module under each policy and return a result each, in their order.

    Several rollouts are tried in one compile.  If that fails, each is compiled by itself, so that
    one of them does not cost the others.  A failed compile is tried again, ``limits.attempts``
    times in all, under calmer conditions: memory and time may have run short by accident.

    Raises:
        DiskError, ToolchainError, StoppedError: as :func:`compile_module`.
    """
    rollouts = [policy for policy in policies if policy is not None]
    if len(rollouts) > 1 and rollouts == list(policies) and toolchain.makes_rollouts:
        together = compile_rollouts(toolchain, module, rollouts, limits, processes)
        if not any(isinstance(result, Failed) for result in together):
            return together

    def compile_one(policy: Path | None, under: Conditions) -> Result:
        return compile_module(
            toolchain,
            module,
            policy,
            under.limits,
            processes,
            measure_code=measure_code,
            alone=under.alone,
        )

    return [insist(partial(compile_one, policy), limits) for policy in policies]
