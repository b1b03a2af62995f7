"""What the compiles of an evaluation measured, as the rows of its report."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from regalloc.compiler.demangle import demangle
from regalloc.compiler.entry_counts import EntryCounts
from regalloc.formats.baselines import Found, describe
from regalloc.formats.compile_results import Failed, Result
from regalloc.formats.corpus import Module
from regalloc.formats.generated_code import GeneratedCode
from regalloc.formats.logs import Outcome
from regalloc.formats.remarks import SpillCode
from regalloc.report.parts import make_part, rate_module
from regalloc.report.ratios import FunctionId, identify
from regalloc.report.report import Failure, Part
from regalloc.report.rows import AGAIN, DEFAULT, FunctionCost, FunctionRow, ModuleCode, ModuleRow


@dataclass(frozen=True)
class Measured:
    """A compile that ended well.

    Attributes:
        outcomes: of its functions with a decision, in the order of the log.
        code: what was generated.
        user_s: seconds of processor time in user mode.
    """

    outcomes: tuple[Outcome, ...]
    code: GeneratedCode
    user_s: float = 0.0


Results = Mapping[tuple[str, str], Measured | Failed]
"""What became of a policy's compile of a module, by the names of both."""


def summarise(end: Result) -> Measured | Failed:
    """Return what is compared of a compile whose code was measured."""
    if isinstance(end, Failed):
        return end
    found = describe(end)
    return Measured(found.outcomes, found.code, end.user_s)


def recall(found: Found) -> Measured | Failed:
    """Return what is compared of a module's baseline."""
    return found if isinstance(found, Failed) else Measured(found.outcomes, found.code)


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
        ends = {name: end for name, end in compiles.items() if isinstance(end, Measured)}
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
    module: str, ends: Mapping[str, Measured], entries: Mapping[str, int] | None = None
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
    """Return the processor seconds of the compiles of modules with a decision, by policy.

    The default's are those of its second compile: the first was in full, and at another time.
    """
    seconds: dict[str, dict[str, float]] = {DEFAULT: {}}
    for (policy, module), end in results.items():
        if policy != DEFAULT and isinstance(end, Measured):
            timed = seconds.setdefault(DEFAULT if policy == AGAIN else policy, {})
            timed[module] = round(end.user_s, 3)
    return seconds


def _costs(module: str, end: Measured) -> dict[FunctionId, FunctionCost]:
    ids = identify(module, ((outcome.function, outcome.score) for outcome in end.outcomes))
    return {
        function: _cost(outcome, end) for function, outcome in zip(ids, end.outcomes, strict=True)
    }


def _cost(outcome: Outcome, end: Measured) -> FunctionCost:
    left = end.code.spill_code.get(outcome.function, SpillCode())
    return FunctionCost(
        score=outcome.score,
        decisions=outcome.decisions,
        spills=left.spills,
        reloads=left.reloads,
        copies=left.copies,
    )


def _describe_module(
    module: str, ends: Mapping[str, Measured], functions: Sequence[FunctionRow]
) -> ModuleRow:
    return ModuleRow(
        module=module,
        functions=len(functions),
        ratios={policy: rate_module(functions, policy) for policy in ends if policy != DEFAULT},
        codes={policy: _describe_code(end) for policy, end in ends.items()},
    )


def _describe_code(end: Measured) -> ModuleCode:
    total = sum(end.code.spill_code.values(), SpillCode())
    return ModuleCode(
        text_bytes=end.code.text_bytes,
        spills=total.spills,
        reloads=total.reloads,
        copies=total.copies,
        sha256=end.code.sha256,
    )
