"""What the compiles of an evaluation measured, as the rows of its report."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from regalloc.compiler.corpus import Module
from regalloc.compiler.demangle import demangle
from regalloc.compiler.entry_counts import EntryCounts
from regalloc.compiler.logs import Episode
from regalloc.compiler.remarks import SpillCode
from regalloc.compiler.runner import Compiled, Failed, Result
from regalloc.report.parts import make_part, rate_module
from regalloc.report.ratios import FunctionId, identify
from regalloc.report.report import Failure, Part
from regalloc.report.rows import DEFAULT, Code, Cost, FunctionRow, ModuleRow

Results = Mapping[tuple[str, str], Result]
"""What became of a policy's compile of a module, by the names of both."""


def describe_part(
    results: Results,
    modules: Sequence[Module],
    seen: frozenset[str],
    seed: int,
    entries: EntryCounts | None = None,
) -> Part:
    """Compare every policy on the modules, leaving out functions that were seen in training.

    Args:
        results: what became of the compiles.
        modules: of the part.
        seen: names of the functions that are left out.
        seed: of the intervals.
        entries: how often functions were entered, where the corpus was built with a profile.
    """
    policies = list(dict.fromkeys(policy for policy, _ in results))
    functions: list[FunctionRow] = []
    rows: list[ModuleRow] = []
    shared = 0
    for module in compiled_everywhere(modules, results):
        compiles = {name: results[name, module] for name in policies if (name, module) in results}
        ends = {name: end for name, end in compiles.items() if isinstance(end, Compiled)}
        counts = None if entries is None else entries.get(module, {})
        found = describe_functions(module, ends, counts)
        kept = [row for row in found if row.function not in seen]
        functions += kept
        shared += len(found) - len(kept)
        rows.append(_describe_module(module, ends, kept))
    compared = [policy for policy in policies if policy != DEFAULT]
    return make_part(functions, rows, shared, compared, seed)


def compiled_everywhere(modules: Sequence[Module], results: Results) -> list[str]:
    """Return the names of the modules that compiled under every policy that was tried on them."""
    failed = {name for (_, name), end in results.items() if isinstance(end, Failed)}
    return [module.name for module in modules if module.name not in failed]


def describe_functions(
    module: str, ends: Mapping[str, Compiled], entries: Mapping[str, int] | None = None
) -> list[FunctionRow]:
    """Return a row for each of the module's functions that the default compile decided in."""
    costs = {policy: _costs(module, end) for policy, end in ends.items()}
    return [
        FunctionRow(
            module=module,
            function=name,
            title=demangle(name),
            namesake=namesake,
            entries=None if entries is None else entries.get(name, 0),
            costs={
                policy: known[module, namesake, name]
                for policy, known in costs.items()
                if (module, namesake, name) in known
            },
        )
        for _, namesake, name in costs[DEFAULT]
    ]


def describe_failures(results: Results) -> tuple[Failure, ...]:
    """Return every compile that failed, in the order of the requests."""
    return tuple(
        Failure(module=name, policy=policy, kind=end.kind, detail=end.detail, attempts=end.attempts)
        for (policy, name), end in results.items()
        if isinstance(end, Failed)
    )


def collect_seconds(results: Results) -> dict[str, dict[str, float]]:
    """Return the processor seconds of the compiles of modules with a decision, by policy."""
    seconds: dict[str, dict[str, float]] = {policy: {} for policy, _ in results}
    for (policy, name), end in results.items():
        if isinstance(end, Compiled) and end.episodes:
            seconds[policy][name] = round(end.user_s, 3)
    return seconds


def _costs(module: str, end: Compiled) -> dict[FunctionId, Cost]:
    ids = identify(module, ((episode.function, episode.score) for episode in end.episodes))
    return {
        function: _cost(episode, end) for function, episode in zip(ids, end.episodes, strict=True)
    }


def _cost(episode: Episode, end: Compiled) -> Cost:
    assert end.code is not None, "an evaluation measures code"
    left = end.code.spill_code.get(episode.function, SpillCode())
    return Cost(
        score=episode.score,
        decisions=episode.decisions,
        spills=left.spills,
        reloads=left.reloads,
        copies=left.copies,
    )


def _describe_module(
    module: str, ends: Mapping[str, Compiled], functions: Sequence[FunctionRow]
) -> ModuleRow:
    return ModuleRow(
        module=module,
        functions=len(functions),
        ratios={policy: rate_module(functions, policy) for policy in ends if policy != DEFAULT},
        codes={policy: _describe_code(end) for policy, end in ends.items()},
    )


def _describe_code(end: Compiled) -> Code:
    assert end.code is not None, "an evaluation measures code"
    total = sum(end.code.spill_code.values(), SpillCode())
    return Code(
        text_bytes=end.code.text_bytes,
        spills=total.spills,
        reloads=total.reloads,
        copies=total.copies,
        sha256=end.code.sha256,
    )
