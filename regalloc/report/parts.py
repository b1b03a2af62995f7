"""From rows of functions and modules to what a part of the corpus shows, with intervals."""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping, Sequence

from regalloc.report.interval import Interval
from regalloc.report.ratios import compare, compute_ratio, log_ratio
from regalloc.report.report import Comparison, Estimate, Part
from regalloc.report.rows import DEFAULT, FunctionRow, ModuleCode, ModuleRow
from regalloc.report.statistics import bootstrap_interval, bootstrap_totals

Pairs = Mapping[str, tuple[float, float]]
"""The default's value and a policy's, by module."""


def make_part(
    functions: Sequence[FunctionRow],
    modules: Sequence[ModuleRow],
    shared_functions: int,
    policies: Sequence[str],
    seed: int,
) -> Part:
    """Compare every policy with the default on a part of the corpus.

    Args:
        functions: the functions that are compared.
        modules: all modules of the part, those without a decision too.
        shared_functions: functions that were left out.
        policies: names of what is compared, :data:`rows.AGAIN` among them.
        seed: of the intervals.
    """
    return Part(
        modules=len(modules),
        functions=len(functions),
        decisions=sum(row.costs[DEFAULT].decisions for row in functions),
        shared_functions=shared_functions,
        entered=_count_entered(functions),
        comparisons={name: _compare(functions, modules, name, seed) for name in policies},
        module_rows=tuple(modules),
        function_rows=tuple(functions),
    )


def compare_times(seconds: Mapping[str, Mapping[str, float]], seed: int) -> dict[str, Estimate]:
    """Return each policy's compile time over the default's, by policy.

    Args:
        seconds: by policy and module; only modules that both compiled count.
        seed: of the intervals.
    """
    default = seconds[DEFAULT]
    return {
        policy: estimate_total(
            {name: (default[name], taken[name]) for name in default if name in taken}, seed
        )
        for policy, taken in seconds.items()
        if policy != DEFAULT
    }


def estimate_total(pairs: Pairs, seed: int) -> Estimate:
    """Return the ratio of two sums over modules."""
    before, after = (sum(pair[side] for pair in pairs.values()) for side in (0, 1))
    return Estimate(
        ratio=after / before if before else None,
        interval=bootstrap_totals(list(pairs.values()), seed),
    )


def rate_module(functions: Sequence[FunctionRow], policy: str) -> float | None:
    """Return the geometric mean of a module's score ratios under a policy."""
    return compute_ratio(
        [(r.costs[DEFAULT].score, r.costs[policy].score) for r in functions if policy in r.costs]
    )


def _compare(
    functions: Sequence[FunctionRow], modules: Sequence[ModuleRow], policy: str, seed: int
) -> Comparison:
    scores = {
        name: {
            (row.module, row.namesake, row.function): row.costs[name].score
            for row in functions
            if name in row.costs
        }
        for name in (DEFAULT, policy)
    }
    compared = compare(scores[DEFAULT], scores[policy])
    changed = [row for row in modules if _code(row, policy).sha256 != row.codes[DEFAULT].sha256]
    return Comparison(
        functions=compared.functions,
        score=Estimate(ratio=compared.ratio, interval=_score_interval(functions, policy, seed)),
        weighted=_weigh(functions, policy, seed),
        better=compared.better,
        equal=compared.equal,
        worse=compared.worse,
        without_ratio=compared.without_ratio,
        spills=_total(modules, policy, lambda code: code.spills, seed),
        reloads=_total(modules, policy, lambda code: code.reloads, seed),
        copies=_total(modules, policy, lambda code: code.copies, seed),
        text_bytes=_total(modules, policy, lambda code: code.text_bytes, seed),
        other_objects=len(changed),
    )


def _score_interval(rows: Sequence[FunctionRow], policy: str, seed: int) -> Interval | None:
    logs = [
        (log, row.module)
        for row in rows
        if policy in row.costs
        and (log := log_ratio(row.costs[DEFAULT].score, row.costs[policy].score)) is not None
    ]
    return bootstrap_interval([log for log, _ in logs], seed, [module for _, module in logs])


def _count_entered(rows: Sequence[FunctionRow]) -> int | None:
    if all(row.entries is None for row in rows):
        return None
    return sum(bool(row.entries) for row in rows)


def _weigh(rows: Sequence[FunctionRow], policy: str, seed: int) -> Estimate | None:
    """Return the ratio of the costs that were paid while the profile was taken."""
    if _count_entered(rows) is None:
        return None
    compared = [row for row in rows if policy in row.costs]
    scores = [(row.entries or 0, row.costs[DEFAULT], row.costs[policy]) for row in compared]
    totals = [(entries * base.score, entries * cost.score) for entries, base, cost in scores]
    before, after = (math.fsum(total[side] for total in totals) for side in (0, 1))
    return Estimate(
        ratio=after / before if before else None,
        interval=bootstrap_totals(totals, seed, [row.module for row in compared]),
    )


def _total(
    modules: Sequence[ModuleRow], policy: str, value: Callable[[ModuleCode], int], seed: int
) -> Estimate:
    pairs = {
        row.module: (float(value(row.codes[DEFAULT])), float(value(_code(row, policy))))
        for row in modules
    }
    return estimate_total(pairs, seed)


def _code(row: ModuleRow, policy: str) -> ModuleCode:
    # Without a decision a policy changes nothing, and the module was not compiled again.
    return row.codes.get(policy, row.codes[DEFAULT])
