"""Does what was planned, in that order, and decides nothing."""

from __future__ import annotations

import time
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import UTC, datetime

from regalloc.layout import OWN_PROGRAMS
from regalloc.pipeline.folders import prepare_folder, require_space
from regalloc.pipeline.manifest import (
    Manifest,
    hash_outputs,
    measure_outputs,
    write_manifest,
)
from regalloc.pipeline.plan import Action, ImageAction, Kind, Plan, StageAction
from regalloc.pipeline.run import Run
from regalloc.pipeline.stage_command import stage_command
from regalloc.pipeline.step import Step
from regalloc.pipeline.versions import collect_versions

IMAGE_BYTES = 2 * 1024**3


@dataclass(frozen=True)
class ActionTime:
    """How long an action took, in seconds."""

    action: Action
    duration_s: float


@dataclass(frozen=True)
class PlanTimes:
    """How long a plan took.

    Attributes:
        actions: the actions that ran.
        all_s: all of them, in seconds; images that were built side by side overlap.
    """

    actions: tuple[ActionTime, ...]
    all_s: float


def execute(planned: Plan, run: Run) -> PlanTimes:
    """Carry out the actions that are to run, in order, and return their times.

    Raises:
        RegallocError: an action failed; the ones after it were not begun.
    """
    began = time.monotonic()
    done = (*build_images(planned.images, run), *run_stages(planned.stages, run))
    return PlanTimes(done, time.monotonic() - began)


def build_images(actions: Iterable[ImageAction], run: Run) -> tuple[ActionTime, ...]:
    """Build the images that are to be built, parents first, and side by side where they can be."""
    wanted = [action for action in actions if action.kind is Kind.RUN]
    if not wanted:
        return ()
    for action in wanted:
        _begin(action, run)
    require_space(run.cache, IMAGE_BYTES, "an image")
    times = run.builder.build_all([action.target for action in wanted])
    return tuple(ActionTime(action, times[action.target.name]) for action in wanted)


def run_stages(actions: Iterable[StageAction], run: Run) -> tuple[ActionTime, ...]:
    """Run the stages that are to run, one after the other; each is told what was made before."""
    timings = []
    made: dict[str, str] = {}
    for action in actions:
        if action.kind is Kind.RUN:
            began = _begin(action, run)
            step = action.step.with_digests(made)
            made[step.stage.writes] = run_stage(step, run).digest
            timings.append(ActionTime(action, time.monotonic() - began))
    return tuple(timings)


def _begin(action: Action, run: Run) -> float:
    run.say(f"{action.title}: {action.reason}")
    return time.monotonic()


def run_stage(step: Step, run: Run) -> Manifest:
    """Run one stage, write its manifest last, and return it.

    Raises:
        RegallocError: the stage failed; its folder has no manifest.
    """
    assert step.key, "the plan runs a stage only after what it reads is made"
    folder = run.folder / step.stage.writes
    prepare_folder(step.stage, folder, step.key, run.say)
    if step.programs is not None:
        step.programs.copy_to(run.folder / OWN_PROGRAMS)
    command = stage_command(step, run)
    began = time.monotonic()
    run.engine.run(command)
    duration_s = time.monotonic() - began
    manifest = _record(step, run, command.argv, duration_s)
    write_manifest(folder, manifest)
    return manifest


def _record(step: Step, run: Run, argv: tuple[str, ...], duration_s: float) -> Manifest:
    folder = run.folder / step.stage.writes
    return Manifest(
        stage=step.stage.name,
        key=step.key,
        images={target.name: target.reference for target in step.images},
        image_ids={target.name: run.engine.image_id(target.ref) or "" for target in step.images},
        engine=run.engine.describe(),
        argv=argv,
        gin="\n".join(step.bindings),
        versions=collect_versions(run.checkout, step.llvm),
        seed=step.seed,
        reads=step.reads,
        writes=hash_outputs(folder),
        sizes=measure_outputs(folder),
        duration_s=round(duration_s, 3),
        created=datetime.now(UTC).isoformat(timespec="seconds"),
    )
