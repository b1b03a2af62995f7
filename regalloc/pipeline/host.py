"""What the tasks call: options in, plan, execution, words about both out."""

from __future__ import annotations

import os
import sys
from collections.abc import Mapping, Sequence
from dataclasses import replace
from pathlib import Path

from rich.console import Console

from regalloc.engine.docker import DockerEngine
from regalloc.engine.docker_store import store_of
from regalloc.engine.local import LocalEngine, local_folder
from regalloc.engine.select import select_engine
from regalloc.errors import ConfigError
from regalloc.images.address import find_registry
from regalloc.images.build import DockerBuilder
from regalloc.images.corpus_source import FolderCorpus, parse_corpus_from
from regalloc.images.local import LocalBuilder
from regalloc.images.lock import LOCK, compare_locks, read_lock
from regalloc.images.prebuilt import Builder, PullOrBuild
from regalloc.images.registry import Registry
from regalloc.images.relock import refresh_lock
from regalloc.images.tree import Target, resolve_targets
from regalloc.pipeline.bench import show_bench
from regalloc.pipeline.cluster import find_cluster
from regalloc.pipeline.execute import Run, execute
from regalloc.pipeline.export import check_target, export
from regalloc.pipeline.found import look_around
from regalloc.pipeline.machine import (
    CHECKOUT,
    cache_folder,
    exclusive,
    memory_mb,
    stage_memory_mb,
    usable_cores,
)
from regalloc.pipeline.options import Options
from regalloc.pipeline.own_policy import own_policy
from regalloc.pipeline.own_programs import find_own_programs
from regalloc.pipeline.plan import Action, Found, Kind, Wish, plan, plan_images
from regalloc.pipeline.programs_table import print_programs
from regalloc.pipeline.release import build_image
from regalloc.pipeline.report_page import REPORT, write_page
from regalloc.pipeline.report_table import print_report
from regalloc.pipeline.show import plan_table, say, times_table
from regalloc.stages.table import BENCH, EVALUATION, PROGRAMS, RELEASE, STAGES


def run_stages(options: Options, wanted: Sequence[str], policy: str = "") -> None:
    """Make the results of the wanted stages, with all they need, and say where they are.

    Args:
        options: the shared ones.
        wanted: names of stages.
        policy: folder of a policy to use instead of the run's own; empty for that.

    Raises:
        RegallocError: of the class that names the cause.
    """
    _run_stages(_prepare_with(options, policy), options, wanted)


def release(options: Options, policy: str, target: str) -> None:
    """Make a release, its image where there is a docker engine, and a copy where one is wanted.

    Args:
        options: the shared ones.
        policy: folder of the policy; empty for the run's own.
        target: folder to copy the release to; empty for none.

    Raises:
        RegallocError: of the class that names the cause.
    """
    run = _prepare_with(options, policy)
    folder = Path(target).resolve() if target else None
    if folder:
        check_target(folder)
    _run_stages(run, options, ("release",))
    if options.dry_run:
        return
    if isinstance(run.engine, DockerEngine):
        execute(plan_images({"base"}, run.wish, _look(run)), run)
        say(f"image: {build_image(run)}")
    if folder:
        export(run.folder / RELEASE, folder)
        say(f"exported: {folder}")


def _prepare_with(options: Options, policy: str) -> Run:
    run = prepare(options)
    return replace(run, wish=replace(run.wish, policy=own_policy(policy)))


def _run_stages(run: Run, options: Options, wanted: Sequence[str]) -> None:
    if options.dry_run:
        print_plan(plan(wanted, run.wish, _look(run)), "would do")
        return
    with exclusive(run.folder):
        _carry_out(plan(wanted, run.wish, _look(run)), run)
    if "evaluate" in wanted:
        print_report(run.folder / EVALUATION / REPORT)
    if "programs" in wanted:
        print_programs(run.folder / PROGRAMS / "programs.json")
    if "bench" in wanted:
        show_bench(run.folder, run.folder / BENCH)
    if {"evaluate", "programs"} & set(wanted) and (run.folder / EVALUATION / REPORT).is_file():
        _write_page(run.folder, run.wish.targets)


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


def relock() -> None:
    """Write `docker/images.lock` anew and print what changed.

    Raises:
        ImageError: the versions could not be found out.
    """
    before = read_lock(CHECKOUT) if (CHECKOUT / LOCK).is_file() else {}
    after = refresh_lock(CHECKOUT, cache_folder(os.environ), os.environ)
    changes = list(compare_locks(before, after))
    for line in changes:
        say(line)
    say(f"{LOCK}: {len(after)} entries, {len(changes)} changed")


def show_status(options: Options, rehash: bool = False) -> None:
    """Print what is done, and what a training run would do and why; what came after, if it did."""
    run = prepare(options)
    found = _look(run, rehash)
    later = (RELEASE, PROGRAMS)
    done = {s.name for s in STAGES if s.writes not in later or s.name in found.manifests}
    shown = [s.name for s in STAGES if s.name in done and not s.times_machine]
    actions = plan(shown, run.wish, found)
    print_plan(actions, f"{run.folder} ({run.engine.describe()})")


def prepare(options: Options) -> Run:
    """Return everything a run needs, with nothing done yet.

    Raises:
        ConfigError: the profile, a binding, the compiler, the seed or the jobs cannot be used.
        ProgramError: a folder that was named holds no program.
        EngineError: there is nothing to run stages with.
    """
    if options.seed < 0 or options.jobs < 0:
        raise ConfigError("--seed and --jobs are not negative", "", "use 0 or more")
    settings = options.settings
    cache = cache_folder(os.environ)
    engine = select_engine(options.engine, CHECKOUT, cache)
    jobs = options.jobs or usable_cores()
    source = parse_corpus_from(options.corpus_from, options.pgo)
    targets = resolve_targets(CHECKOUT, settings, os.environ, source)
    return Run(
        folder=options.folder,
        checkout=CHECKOUT,
        cache=cache,
        wish=Wish(
            settings,
            options.seed,
            targets,
            source if isinstance(source, FolderCorpus) else None,
            programs=find_own_programs(options.program),
            cluster=find_cluster(options.cluster, options.network, os.environ),
        ),
        jobs=jobs,
        memory_mb=stage_memory_mb(memory_mb()),
        tty=sys.stdout.isatty(),
        debug=options.debug,
        engine=engine,
        builder=_builder(engine, cache, jobs, find_registry(options.registry, os.environ)),
        say=say,
    )


def _builder(
    engine: DockerEngine | LocalEngine, cache: Path, jobs: int, registry: str | None
) -> Builder:
    if isinstance(engine, LocalEngine):
        return LocalBuilder(CHECKOUT, cache, os.environ, jobs)
    store = store_of(engine)
    builder = DockerBuilder(CHECKOUT, cache, os.environ, engine.pull, store)
    return builder if registry is None else PullOrBuild(Registry(registry, store, say), builder)


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


def rebuild_page(options: Options) -> None:
    """Write a run's report.html again from what the run left behind, and print its path.

    Raises:
        ManifestError: there is no report, or it cannot be read.
        DiskError: the page cannot be written.
    """
    source = parse_corpus_from(options.corpus_from, options.pgo)
    targets = resolve_targets(CHECKOUT, options.settings, os.environ, source)
    _write_page(options.folder, targets)


def _write_page(folder: Path, targets: Mapping[str, Target]) -> None:
    llvm = local_folder(cache_folder(os.environ), targets["llvm"].reference)
    page = write_page(folder, llvm / "opt" / "llvm")
    Console().print(f"report: {page}", markup=False, soft_wrap=True, highlight=False)
