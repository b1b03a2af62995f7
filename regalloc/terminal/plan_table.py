"""A plan, and how long it took, as tables."""

from __future__ import annotations

from pathlib import Path

from rich.table import Table

from regalloc.console import PlainConsole
from regalloc.pipeline.execute import PlanTimes
from regalloc.pipeline.plan import Kind, Plan
from regalloc.terminal.messages import print_path


def print_plan(planned: Plan, title: str) -> None:
    """Print a plan and how much of it is to be done."""
    console = PlainConsole()
    console.print(plan_table(planned, title))
    count = sum(action.kind is Kind.RUN for action in planned.actions)
    rest = len(planned.actions) - count
    console.print(f"{count} to run, {rest} up to date or not needed")


def print_times(planned: Plan, times: PlanTimes, folder: Path) -> None:
    """Print how long a plan took and where its results are, or that nothing was to be done."""
    console = PlainConsole()
    if not times.actions:
        console.print(plan_table(planned, "everything is up to date"))
        return
    console.print(times_table(times))
    if planned.stages:
        print_path("results", folder)


def plan_table(planned: Plan, title: str) -> Table:
    """Return a plan as a table, one action a row."""
    table = Table(title=title, title_justify="left", box=None, pad_edge=False)
    for column in ("step", "", "why"):
        table.add_column(column, overflow="fold")
    for action in planned.actions:
        style = "bold green" if action.kind is Kind.RUN else "dim"
        row = (action.title, action.kind.value, action.reason)
        table.add_row(*row, style=style)
    return table


def times_table(times: PlanTimes) -> Table:
    """Return how long each action took, and all of them."""
    table = Table(box=None, pad_edge=False, show_header=False)
    table.add_column(justify="left")
    table.add_column(justify="right")
    for timing in times.actions:
        table.add_row(timing.action.title, format_duration(timing.duration_s))
    table.add_row("all", format_duration(times.all_s))
    return table


def format_duration(seconds: float) -> str:
    """Return seconds as `1h 02m 03s`, without the parts that are zero in front."""
    hours, rest = divmod(round(seconds), 3600)
    minutes, left = divmod(rest, 60)
    if hours:
        return f"{hours}h {minutes:02d}m {left:02d}s"
    return f"{minutes}m {left:02d}s" if minutes else f"{left}s"
