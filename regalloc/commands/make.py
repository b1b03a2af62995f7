"""Makes what is wanted: options in, plan, execution, words about both out."""

from __future__ import annotations

from collections.abc import Sequence
from contextlib import nullcontext
from dataclasses import dataclass
from pathlib import Path

from regalloc.commands.machine import exclusive, is_held
from regalloc.commands.options import Options
from regalloc.commands.preparation import prepare
from regalloc.commands.release_export import build_image, check_target, export
from regalloc.images.tags import require_names
from regalloc.layout import PROGRAMS, RELEASE
from regalloc.pipeline.execute import PlanTimes, execute
from regalloc.pipeline.found import look_around
from regalloc.pipeline.plan import plan
from regalloc.pipeline.run import Run
from regalloc.pipeline.step import resolve, unused_folders
from regalloc.stages.table import STAGES
from regalloc.summary.results import RunResults
from regalloc.terminal.messages import say
from regalloc.terminal.plan_table import print_plan, print_times


@dataclass(frozen=True)
class Made:
    """A run whose wanted stages have their results.

    Attributes:
        run: where and with what they were made.
        results: what the stages found out.
        renewed: whether anything was made anew.
    """

    run: Run
    results: RunResults
    renewed: bool


def run_stages(options: Options, wanted: Sequence[str], policy: str = "") -> Made | None:
    """Make the results of the wanted stages, with all they need, and say where they are.

    Args:
        options: the shared ones.
        wanted: names of stages.
        policy: folder of a policy to use instead of the run's own; empty for that.

    Returns:
        None where nothing was to be made, but only to be said.

    Raises:
        RegallocError: of the class that names the cause.
    """
    run = prepare(options, policy)
    times = _make(run, wanted, dry=options.dry_run)
    return None if times is None else Made(run, RunResults(run.folder), bool(times.actions))


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
) -> PlanTimes | None:
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


def show_status(options: Options, rehash: bool = False) -> None:
    """Print what is done, and what a training run would do and why; what came after, if it did."""
    run = prepare(options)
    found = look_around(run.folder, run.wish.targets, run.engine, rehash)
    later = (*unused_folders(run.wish.settings), RELEASE, PROGRAMS)
    done = {s.name for s in STAGES if s.writes not in later or s.name in found.manifests}
    shown = [s.name for s in STAGES if s.name in done and not s.times_machine]
    planned = plan(resolve(shown, run.wish), run.wish.targets, found)
    at_work = ", at work now" if is_held(run.folder) else ""
    print_plan(planned, f"{run.folder} ({run.engine.describe()}{at_work})")
