"""Does what was planned, in that order, and decides nothing."""

from __future__ import annotations

import time
from collections.abc import Iterable, Mapping
from contextlib import suppress
from dataclasses import dataclass
from datetime import UTC, datetime

from regalloc.errors import DiskError, RegallocError, StoppedError
from regalloc.layout import OWN_PROGRAMS
from regalloc.pipeline.folders import prepare_folder, require_space
from regalloc.pipeline.manifest import Manifest, StageFailure, write_failure, write_manifest
from regalloc.pipeline.plan import Action, ImageAction, Kind, Plan, StageAction
from regalloc.pipeline.record import record_stage
from regalloc.pipeline.run import Run
from regalloc.pipeline.stage_command import stage_command
from regalloc.pipeline.step import Step

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
    wanted = [action for action in actions if action.kind is Kind.RUN]
    if wanted:
        # First of all, so that nothing writes into the folders that are prepared.
        run.engine.remove_orphans(run.folder)
    for action in wanted:
        began = _begin(action, run)
        made[action.step.stage.writes] = run_stage(action.step, made, run).digest
        timings.append(ActionTime(action, time.monotonic() - began))
    return tuple(timings)


def _begin(action: Action, run: Run) -> float:
    run.say(f"{action.title}: {action.reason}")
    return time.monotonic()


def run_stage(planned: Step, made: Mapping[str, str], run: Run) -> Manifest:
    """Run one stage, write its manifest last, and return it.

    Args:
        planned: the stage, but for the hashes of what was made since.
        made: these hashes, by folder.
        run: where and with what.

    Raises:
        RegallocError: the stage failed; its folder has no manifest.
    """
    step = planned.with_digests(made)
    assert step.key, "the plan runs a stage only after what it reads is made"
    folder = run.folder / step.stage.writes
    prepare_folder(step.stage, folder, step.key, run.say)
    if step.programs is not None:
        step.programs.copy_to(run.folder / OWN_PROGRAMS)
    command = stage_command(step, run)
    began = time.monotonic()
    try:
        run.engine.run(command)
        manifest = record_stage(step, run, command.argv, time.monotonic() - began)
    except RegallocError as error:
        # The disk may be full, which is what the error says.
        with suppress(DiskError):
            write_failure(folder, _describe_failure(error, run))
        raise
    write_manifest(folder, manifest)
    return manifest


def _describe_failure(error: RegallocError, run: Run) -> StageFailure:
    return StageFailure(
        error=error.brief,
        exit_code=error.exit_code,
        stopped=isinstance(error, StoppedError),
        memory_mb=run.memory_mb,
        ended=datetime.now(UTC).isoformat(timespec="seconds"),
    )
