"""The benchmark's result as tables."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

from rich.box import SIMPLE_HEAD
from rich.console import Console
from rich.table import Table

from regalloc.console import PlainConsole
from regalloc.report.bench_parts import CompileCost, Compiles, Goal, Iteration, Steps
from regalloc.report.bench_result import BenchResult

WAYS = {
    "upstream": "upstream's way",
    "tensorflow": "same, our SavedModel",
    "alone": "ours, one rollout",
    "ours": "ours",
    "floor": "greedy alone",
}
LEARNERS = {"reference": "TF-Agents' PPO", "ppo": "our PPO", "rebel": "our REBEL"}
REST = "start, reading, advice, log"
SHOWN = 5
"""Passes that are shown by their names."""

SIDES = {"upstream": "upstream's way", "ours": "ours"}


def print_bench(content: BenchResult, path: Path, console: Console | None = None) -> None:
    """Print the result as tables, where it was measured, and where it lies."""
    console = console or PlainConsole()
    tables = (
        compiles_table(content.compiles),
        passes_table(content.compiles),
        steps_table(content.steps),
        iterations_table(content.iterations),
        goals_table(content.goals),
    )
    for table in tables:
        console.print(table)
        console.print()
    for line in describe(content):
        console.print(line)
    console.print(f"results: {path}", soft_wrap=True)


def describe(content: BenchResult) -> Iterator[str]:
    """Yield in words what no table tells: exactness, what was scaled, and the machine."""
    compiles, machine = content.compiles, content.machine
    count = len(compiles.modules)
    yield f"ours makes {compiles.rollouts} rollouts of a module in one compile; each counts as one"
    if compiles.differing:
        named = "; ".join(f"{name}: {what}" for name, what in compiles.differing.items())
        yield f"NOT EXACT: {len(compiles.differing)} of {count} modules differ: {named}"
    else:
        yield f"exact: all observations, decisions and scores of {count} modules are TensorFlow's"
    yield (
        f"TF-Agents' own SavedModel rounds in another way: {compiles.upstream_equal} of "
        f"{compiles.upstream_decisions} decisions are equal"
    )
    for one in content.iterations:
        if one.scaled:
            yield (
                f"{SIDES[one.side]}, policy iteration: scaled from {one.measured_modules} modules "
                f"and {one.measured_steps} steps"
            )
    yield (
        f"{machine.processor}, {machine.cores} cores, {machine.jobs} jobs; load "
        f"{machine.load_before:.1f} before; others used {machine.others_before:.2f} cores before, "
        f"{machine.others_during:.2f} during"
    )
    if machine.busy:
        yield "THE MACHINE WAS BUSY: take elapsed times as ratios, or measure again when it is idle"


def compiles_table(compiles: Compiles) -> Table:
    """Return a row for each way of compiling; less is better but for modules/s."""
    title = f"{len(compiles.modules)} modules, {compiles.rounds} rounds, processor time on one core"
    headings = ("ms/module", "modules/s", "us/decision", "peak MB", "of ours")
    table = _table(title, "compiling", headings)
    ours = compiles.cost("ours")
    for cost in compiles.costs:
        table.add_row(WAYS[cost.way], *_cost_cells(cost), f"{cost.compile_s / ours.compile_s:.2f}")
    return table


def passes_table(compiles: Compiles) -> Table:
    """Return where a compile's time goes, by the compiler's own account of the default one."""
    alone, rounds = compiles.cost("alone"), compiles.cost("floor").compiles
    table = _table("where a compile of one rollout spends its time", "pass", ("ms/module", "of it"))
    known = list(compiles.passes_s.items())
    others = sum(seconds for _, seconds in known[SHOWN:])
    passes = sum(compiles.passes_s.values())
    rest = alone.compile_s * rounds - passes
    for name, seconds in (*known[:SHOWN], ("other passes", others), (REST, rest)):
        each = seconds / rounds
        table.add_row(name, f"{1000 * each:.1f}", f"{each / alone.compile_s:.0%}")
    return table


def steps_table(steps: list[Steps]) -> Table:
    """Return a row for each learner."""
    title = f"gradient steps of {steps[0].decisions} decisions"
    table = _table(title, "learner", ("steps/s", "ms/step", "processor ms", "over TF-Agents"))
    slowest = next(one for one in steps if one.learner == "reference")
    for one in steps:
        table.add_row(
            LEARNERS[one.learner],
            f"{one.steps_per_s:.1f}",
            f"{1000 * one.wall_s:.1f}",
            f"{1000 * one.cpu_s:.1f}",
            f"{one.steps_per_s / slowest.steps_per_s:.2f}",
        )
    return table


def iterations_table(iterations: list[Iteration]) -> Table:
    """Return a row for each side's policy iteration."""
    title = f"policy iteration: {iterations[0].modules} modules, {iterations[0].steps} steps"
    table = _table(title, "elapsed s", ("compile", "prepare", "learn", "all"))
    for one in iterations:
        parts = (one.collect_s, one.prepare_s, one.learn_s, one.total_s)
        name = SIDES[one.side] + (", scaled" if one.scaled else "")
        table.add_row(name, *(f"{part:.1f}" for part in parts))
    return table


def goals_table(goals: list[Goal]) -> Table:
    """Return a row for each figure with a target."""
    table = _table("targets", "figure", ("measured", "wanted", "reached"))
    for goal in goals:
        unit = f" {goal.unit}" if goal.unit else ""
        sign = ">=" if goal.at_least else "<="
        table.add_row(
            goal.name, f"{goal.value:.2f}{unit}", f"{sign} {goal.wanted:g}{unit}", verdict(goal)
        )
    return table


def verdict(goal: Goal) -> str:
    """Return whether a target is reached, and by which factor it is not."""
    if goal.reached:
        return "yes"
    low, high = sorted((goal.value, goal.wanted))
    return f"no, off by {high / low:.2f} x"


def _cost_cells(cost: CompileCost) -> tuple[str, ...]:
    return (
        f"{1000 * cost.compile_s:.1f}",
        f"{cost.modules_per_s:.2f}",
        f"{1e6 * cost.decision_s:.0f}",
        "" if cost.peak_mb is None else f"{cost.peak_mb:.0f}",
    )


def _table(title: str, first: str, headings: tuple[str, ...]) -> Table:
    table = Table(
        title=title, title_justify="left", box=SIMPLE_HEAD, show_edge=False, pad_edge=False
    )
    table.add_column(first, no_wrap=True)
    for heading in headings:
        table.add_column(heading, justify="right", no_wrap=True)
    return table
