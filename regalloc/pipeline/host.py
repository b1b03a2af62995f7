"""What the tasks call: options in, plan, execution, words about both out."""

from __future__ import annotations

import os
import sys
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from rich.console import Console

from regalloc.engine.docker import DockerEngine
from regalloc.engine.local import LocalEngine
from regalloc.engine.select import select_engine
from regalloc.errors import ConfigError
from regalloc.images.build import DockerBuilder
from regalloc.images.local import LocalBuilder
from regalloc.images.tree import resolve_targets
from regalloc.pipeline.execute import Builder, Run, execute
from regalloc.pipeline.found import look_around
from regalloc.pipeline.machine import (
    CHECKOUT,
    cache_folder,
    exclusive,
    memory_mb,
    stage_memory_mb,
    usable_cores,
)
from regalloc.pipeline.plan import Action, Found, Kind, Wish, plan, plan_images
from regalloc.pipeline.show import plan_table, say, times_table
from regalloc.report.table import print_report
from regalloc.settings import load_profile
from regalloc.stages.table import EVALUATION, STAGES


@dataclass(frozen=True, kw_only=True)
class Options:
    """What a user can say on the command line.

    Attributes:
        profile: name of a profile, or path of a .gin file.
        run: the run's folder; empty for `runs/<profile>`.
        jobs: compiles at the same time; 0 for the cores this process may use.
        seed: source of every random choice.
        dry_run: print the plan and do nothing.
        engine: `docker`, `local`, or empty for the first that answers.
        bindings: gin bindings on top of the profile.
        debug: show tracebacks.
    """

    profile: str = "quick"
    run: str = ""
    jobs: int = 0
    seed: int = 0
    dry_run: bool = False
    engine: str = ""
    bindings: tuple[str, ...] = ()
    debug: bool = False

    @property
    def folder(self) -> Path:
        """Return the run's folder as an absolute path."""
        return Path(self.run or CHECKOUT / "runs" / Path(self.profile).stem).resolve()


def run_stages(options: Options, wanted: Sequence[str]) -> None:
    """Make the results of the wanted stages, with all they need, and say where they are.

    Raises:
        RegallocError: of the class that names the cause.
    """
    run = prepare(options)
    if options.dry_run:
        print_plan(plan(wanted, run.wish, _look(run)), "would do")
        return
    with exclusive(run.folder):
        _carry_out(plan(wanted, run.wish, _look(run)), run)
    if "evaluate" in wanted:
        print_evaluation(run.folder)


def build_images(options: Options, wanted: Sequence[str]) -> None:
    """Build the wanted images and what they are built from, unless they exist.

    Raises:
        ImageError: a build failed, or there is no client to build with.
    """
    run = prepare(options)
    actions = plan_images(set(wanted), run.wish, _look(run))
    if options.dry_run:
        print_plan(actions, "would do")
        return
    _carry_out(actions, run)


def show_status(options: Options, rehash: bool = False) -> None:
    """Print what is done, and what a training run would do and why."""
    run = prepare(options)
    actions = plan([stage.name for stage in STAGES], run.wish, _look(run, rehash))
    print_plan(actions, f"{run.folder} ({run.engine.describe()})")


def prepare(options: Options) -> Run:
    """Return everything a run needs, with nothing done yet.

    Raises:
        ConfigError: the profile, a binding, the seed or the number of jobs cannot be used.
        EngineError: there is nothing to run stages with.
    """
    if options.seed < 0 or options.jobs < 0:
        raise ConfigError("--seed and --jobs are not negative", "", "use 0 or more")
    settings = load_profile(options.profile, options.bindings)
    cache = cache_folder(os.environ)
    engine = select_engine(options.engine, CHECKOUT, cache)
    jobs = options.jobs or usable_cores()
    targets = resolve_targets(CHECKOUT, settings, os.environ)
    return Run(
        folder=options.folder,
        checkout=CHECKOUT,
        cache=cache,
        wish=Wish(settings, options.seed, targets),
        jobs=jobs,
        memory_mb=stage_memory_mb(memory_mb()),
        tty=sys.stdout.isatty(),
        debug=options.debug,
        engine=engine,
        builder=_builder(engine, cache, jobs),
        say=say,
    )


def _builder(engine: DockerEngine | LocalEngine, cache: Path, jobs: int) -> Builder:
    if isinstance(engine, DockerEngine):
        return DockerBuilder(CHECKOUT, cache, os.environ, engine.pull)
    return LocalBuilder(CHECKOUT, cache, os.environ, jobs)


def _look(run: Run, rehash: bool = False) -> Found:
    return look_around(run.folder, run.wish.targets, run.engine, rehash)


def _carry_out(actions: Sequence[Action], run: Run) -> None:
    timings = execute(actions, run)
    console = Console()
    if not timings:
        console.print(plan_table(actions, "everything is up to date"))
        return
    console.print(times_table(timings))
    if any(action.what == "stage" for action in actions):
        console.print(f"results: {run.folder}", markup=False, soft_wrap=True, highlight=False)


def print_plan(actions: Sequence[Action], title: str) -> None:
    """Print a plan and how much of it is to be done."""
    console = Console()
    console.print(plan_table(actions, title))
    count = sum(action.kind is Kind.RUN for action in actions)
    console.print(f"{count} to run, {len(actions) - count} up to date or not needed")


def print_evaluation(folder: Path) -> None:
    """Print the evaluation's table, if there is one."""
    report = folder / EVALUATION / "report.json"
    if report.is_file():
        print_report(report)
