"""What the tasks call: options in, plan, execution, words about both out."""

from __future__ import annotations

import os
import sys
from collections.abc import Sequence
from contextlib import nullcontext
from pathlib import Path

from regalloc.errors import ConfigError
from regalloc.images.address import find_registry
from regalloc.images.corpus_source import FolderCorpus, parse_corpus_from
from regalloc.images.lock import LOCK, compare_locks, read_lock
from regalloc.images.relock import refresh_lock
from regalloc.images.tree import require_names, resolve_targets
from regalloc.layout import PROGRAMS, RELEASE
from regalloc.pipeline.backend import select_backend
from regalloc.pipeline.cluster import find_cluster
from regalloc.pipeline.execute import Times, execute
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
from regalloc.pipeline.plan import plan
from regalloc.pipeline.release import build_image
from regalloc.pipeline.results import local_toolchain, show_results
from regalloc.pipeline.run import Run
from regalloc.pipeline.show import print_plan, print_times, say
from regalloc.pipeline.step import resolve
from regalloc.pipeline.wish import Wish
from regalloc.stages.table import STAGES


def run_stages(options: Options, wanted: Sequence[str], policy: str = "") -> None:
    """Make the results of the wanted stages, with all they need, and say where they are.

    Args:
        options: the shared ones.
        wanted: names of stages.
        policy: folder of a policy to use instead of the run's own; empty for that.

    Raises:
        RegallocError: of the class that names the cause.
    """
    run = prepare(options, policy)
    if times := _make(run, wanted, dry=options.dry_run):
        show_results(run, wanted, renewed=bool(times.actions))


def release(options: Options, policy: str, target: str) -> None:
    """Make a release, its image where the engine keeps images, and a copy where one is wanted.

    Args:
        options: the shared ones.
        policy: folder of the policy; empty for the run's own.
        target: folder to copy the release to; empty for none.

    Raises:
        RegallocError: of the class that names the cause.
    """
    run = prepare(options, policy)
    folder = Path(target).resolve() if target else None
    if folder:
        check_target(folder)
    packed = run.engine.images is not None
    if _make(run, ("release",), ("base",) if packed else (), dry=options.dry_run) is None:
        return
    if packed:
        say(f"image: {build_image(run)}")
    if folder:
        export(run.folder / RELEASE, folder)
        say(f"exported: {folder}")


def build_images(options: Options, wanted: Sequence[str]) -> None:
    """Build the wanted images and what they are built from, unless they exist.

    Raises:
        ConfigError: an image has a name that is not in the tree.
        ImageError: a build failed, or there is no client to build with.
    """
    run = prepare(options)
    require_names(wanted, run.wish.targets)
    _make(run, (), wanted, dry=options.dry_run)


def _make(
    run: Run, stages: Sequence[str], images: Sequence[str] = (), *, dry: bool
) -> Times | None:
    """Make what is wanted and return how long it took; when dry, only say what would be done."""
    # Images alone are made beside a run that is at work.
    with exclusive(run.folder) if stages and not dry else nullcontext():
        found = look_around(run.folder, run.wish.targets, run.engine)
        planned = plan(resolve(stages, run.wish), run.wish.targets, found, images)
        if dry:
            print_plan(planned, "would do")
            return None
        times = execute(planned, run)
        print_times(planned, times, run.folder)
        return times


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
    found = look_around(run.folder, run.wish.targets, run.engine, rehash)
    later = (RELEASE, PROGRAMS)
    done = {s.name for s in STAGES if s.writes not in later or s.name in found.manifests}
    shown = [s.name for s in STAGES if s.name in done and not s.times_machine]
    planned = plan(resolve(shown, run.wish), run.wish.targets, found)
    print_plan(planned, f"{run.folder} ({run.engine.describe()})")


def prepare(options: Options, policy: str = "") -> Run:
    """Return everything a run needs, with nothing done yet.

    Args:
        options: the shared ones.
        policy: folder of a policy to use instead of the run's own; empty for that.

    Raises:
        ConfigError: the profile, a binding, the compiler, the seed or the jobs cannot be used.
        ProgramError: a folder that was named holds no program.
        PolicyError: a folder that was named holds no policy.
        EngineError: there is nothing to run stages with.
    """
    if options.seed < 0 or options.jobs < 0:
        raise ConfigError("--seed and --jobs are not negative", "", "use 0 or more")
    settings = options.settings
    cache = cache_folder(os.environ)
    jobs = options.jobs or usable_cores()
    registry = find_registry(options.registry, os.environ)
    backend = select_backend(options.engine, cache, os.environ, jobs=jobs, registry=registry)
    source = parse_corpus_from(options.corpus_from, options.pgo)
    return Run(
        folder=options.folder,
        checkout=CHECKOUT,
        cache=cache,
        wish=Wish(
            settings,
            options.seed,
            resolve_targets(CHECKOUT, settings, os.environ, source),
            folder=source if isinstance(source, FolderCorpus) else None,
            policy=own_policy(policy),
            programs=find_own_programs(options.program),
            cluster=find_cluster(options.cluster, options.network, os.environ),
        ),
        jobs=jobs,
        memory_mb=stage_memory_mb(memory_mb()),
        tty=sys.stdout.isatty(),
        debug=options.debug,
        engine=backend.engine,
        builder=backend.builder,
        say=say,
    )


def find_toolchain(options: Options) -> Path:
    """Return the folder of the compiler that runs of the local engine use."""
    source = parse_corpus_from(options.corpus_from, options.pgo)
    targets = resolve_targets(CHECKOUT, options.settings, os.environ, source)
    return local_toolchain(cache_folder(os.environ), targets["llvm"])
