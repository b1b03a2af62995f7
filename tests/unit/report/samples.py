"""Reports of any size, made up from a seed."""

from __future__ import annotations

import hashlib

import msgspec
import numpy as np

from regalloc.report import report
from regalloc.report.parts import compare_times, make_part, rate_module
from regalloc.report.report import EvaluationTimes, Failure, Part, Report
from regalloc.report.rows import (
    AGAIN,
    DEFAULT,
    POLICY,
    FunctionCost,
    FunctionRow,
    ModuleCode,
    ModuleRow,
)
from regalloc.report.verdict import give_verdict

SPREAD = {AGAIN: 0.0, "random": 0.2, "warmstart": 0.02, POLICY: 0.05}
SHIFT = {AGAIN: 0.0, "random": 0.07, "warmstart": -0.002, POLICY: -0.03}
STAGES = ("extract", "trace", "vocab", "warmstart", "train", "evaluate")
HOSTILE = "operator<<script>alert('&')</script>"
"""A function's name that must not become part of a page."""


def make_functions(
    module: str, count: int, rng: np.random.Generator, profiled: bool = False
) -> list[FunctionRow]:
    """Return rows of functions of a module, every third never entered if they have a profile."""
    rows = []
    for index in range(count):
        base = float(np.exp(rng.normal(3, 2)))
        name = HOSTILE if index == 0 else f"_ZN4llvm{len(module)}f{index}Ev"
        costs = {DEFAULT: make_cost(base, rng)}
        for policy in SPREAD:
            if policy == AGAIN:
                costs[policy] = costs[DEFAULT]
                continue
            equal = rng.random() < 0.4
            change = 0.0 if equal else rng.normal(SHIFT[policy], SPREAD[policy])
            costs[policy] = make_cost(base * float(np.exp(change)), rng)
        title = name if index == 0 else f"llvm::Unit{len(module)}::f{index}()"
        entries = 1000 * (index % 3) if profiled else None
        row = FunctionRow(
            module=module, function=name, title=title, namesake=0, entries=entries, costs=costs
        )
        rows.append(row)
    return rows


def make_cost(score: float, rng: np.random.Generator) -> FunctionCost:
    spills = int(rng.integers(0, 30))
    return FunctionCost(
        score=score, decisions=9, spills=spills, reloads=2 * spills, copies=spills + 3
    )


def make_module(module: str, functions: list[FunctionRow]) -> ModuleRow:
    """Return the row of a module with these functions; without one it was compiled once."""
    policies = (DEFAULT, *SPREAD) if functions else (DEFAULT,)
    codes = {
        policy: ModuleCode(
            text_bytes=5000 + 16 * sum(row.costs[policy].spills for row in functions),
            spills=sum(row.costs[policy].spills for row in functions),
            reloads=sum(row.costs[policy].reloads for row in functions),
            copies=sum(row.costs[policy].copies for row in functions),
            sha256=hashlib.sha256(f"{module}{policy.replace(AGAIN, DEFAULT)}".encode()).hexdigest(),
        )
        for policy in policies
    }
    ratios = {policy: rate_module(functions, policy) for policy in policies if policy != DEFAULT}
    return ModuleRow(module=module, functions=len(functions), ratios=ratios, codes=codes)


def make_part_of(
    name: str, modules: int, functions: int, seed: int = 0, profiled: bool = False
) -> Part:
    """Return a part of modules with so many functions each; every fifth module has none."""
    rng = np.random.default_rng([seed, modules, functions])
    rows: list[FunctionRow] = []
    module_rows = []
    for index in range(modules):
        module = f"lib/{name}/CMakeFiles/LLVM{name}.dir/Unit{index}.cpp.o"
        found = make_functions(module, 0 if index % 5 == 4 else functions, rng, profiled)
        rows += found
        module_rows.append(make_module(module, found))
    return make_part(rows, module_rows, 3, list(SPREAD), seed)


def make_report(
    modules: int = 10,
    functions: int = 6,
    seed: int = 0,
    failed: int = 0,
    profiled: bool = False,
) -> Report:
    """Return a report with as many training modules as held-out ones."""
    held_out = make_part_of("Support", modules, functions, seed, profiled)
    rng = np.random.default_rng(seed)
    seconds = {
        policy: {
            row.module: round(float(rng.uniform(0.5, 0.6)), 3)
            for row in held_out.module_rows
            if row.functions
        }
        for policy in (DEFAULT, *SPREAD)
    }
    return Report(
        version=report.VERSION,
        verdict=give_verdict(held_out),
        seed=seed,
        compiler="clang version 19.1.7",
        policies={name: hashlib.sha256(name.encode()).hexdigest() for name in list(SPREAD)[1:]},
        settings=("Evaluate.train_fraction=0.25", "Limits.wall_s=120.0"),
        held_out=held_out,
        train=make_part_of("TableGen", modules, functions, seed, profiled),
        failures=tuple(
            Failure(
                module=f"lib/m{index}.o",
                policy="random",
                kind="timeout",
                detail="no end after 120 s",
                attempts=3,
            )
            for index in range(failed)
        ),
        times=EvaluationTimes(
            stages_s={stage: 10.5 * (place + 1) for place, stage in enumerate(STAGES)},
            compile_user_s=seconds,
            compile_time=compare_times(seconds, seed),
        ),
    )


def compare_only(content, *policies):
    """The report of an evaluation of fewer policies, on held-out modules alone."""

    def fewer(part, **none):
        kept = {name: part.comparisons[name] for name in policies}
        return msgspec.structs.replace(part, comparisons=kept, **none)

    return msgspec.structs.replace(
        content,
        policies={name: content.policies[name] for name in policies if name in content.policies},
        held_out=fewer(content.held_out),
        train=fewer(content.train, modules=0, functions=0, function_rows=(), module_rows=()),
    )
