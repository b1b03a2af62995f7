"""Decides what is to be done.  Pure: it looks at nothing but its arguments."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from enum import Enum

from regalloc.images.tags import Target
from regalloc.pipeline.manifest import Manifest, StageFailure
from regalloc.pipeline.step import Step
from regalloc.profiles import MOVED
from regalloc.stages.table import Stage

ANEW = "measures this machine anew"


class Kind(Enum):
    """Whether an action does something."""

    RUN = "run"
    SKIP = "skip"


@dataclass(frozen=True)
class ImageAction:
    """What is decided about an image.

    Attributes:
        target: the image.
        kind: whether it is to be built.
        reason: why, in words.
    """

    target: Target
    kind: Kind
    reason: str

    @property
    def title(self) -> str:
        """Return what is done, for the user."""
        return f"image {self.target.name}"


@dataclass(frozen=True)
class StageAction:
    """What is decided about a stage.

    Attributes:
        step: the stage, settled but for the hashes of what is still to be made.
        kind: whether it is to be run.
        reason: why, in words.
    """

    step: Step
    kind: Kind
    reason: str

    @property
    def title(self) -> str:
        """Return what is done, for the user."""
        return f"stage {self.step.stage.name}"


Action = ImageAction | StageAction


@dataclass(frozen=True)
class Plan:
    """What is to be done: images first, parents before children, then stages in order."""

    images: tuple[ImageAction, ...]
    stages: tuple[StageAction, ...] = ()

    @property
    def actions(self) -> tuple[Action, ...]:
        """Return all of it, in order."""
        return (*self.images, *self.stages)


@dataclass(frozen=True)
class Found:
    """What is there.

    Attributes:
        manifests: finished stages, by stage.
        damage: what is wrong with a finished stage's files, by stage.
        started: key of the stages that began, by stage.
        failures: how those ended that did not end well, by stage.
        images: references that exist.
        nested: whether an image holds its parents; local folders do not.
    """

    manifests: Mapping[str, Manifest] = field(default_factory=dict)
    damage: Mapping[str, str] = field(default_factory=dict)
    started: Mapping[str, str] = field(default_factory=dict)
    failures: Mapping[str, StageFailure] = field(default_factory=dict)
    images: Collection[str] = ()
    nested: bool = True


def plan(
    steps: Iterable[Step], targets: Mapping[str, Target], found: Found, images: Iterable[str] = ()
) -> Plan:
    """Return what is to be done.

    Args:
        steps: the wanted stages, each after those that it reads from.
        targets: the images that there are by name, parents first.
        found: what is there.
        images: names of images that are wanted beside those of the stages.
    """
    running: set[str] = set()
    stages = []
    needed = set(images)
    for step in steps:
        action = _decide(step, found, running)
        stages.append(action)
        if action.kind is Kind.RUN:
            running.add(step.stage.name)
            needed.update(target.name for target in (step.image, *step.images))
    return Plan(_plan_images(needed, tuple(targets.values()), found), tuple(stages))


def _plan_images(
    needed: set[str], targets: Sequence[Target], found: Found
) -> tuple[ImageAction, ...]:
    for target in reversed(targets):
        image, missing = target.image, target.reference not in found.images
        if image.parent and image.name in needed and (missing or not found.nested):
            needed |= {image.parent, *image.starts_from}
    return tuple(_decide_image(target, needed, found) for target in targets)


def _decide_image(target: Target, needed: Collection[str], found: Found) -> ImageAction:
    reference = target.reference
    if reference in found.images:
        return ImageAction(target, Kind.SKIP, f"image {reference} exists")
    if target.name in needed:
        return ImageAction(target, Kind.RUN, f"image {reference} does not exist")
    return ImageAction(target, Kind.SKIP, "nothing that runs needs it")


def _decide(step: Step, found: Found, running: Collection[str]) -> StageAction:
    made = [item for item in step.inputs if item.writer and item.writer not in running]
    step = step.with_digests({item.name: found.manifests[item.writer].digest for item in made})
    reason = _why(step, found, running)
    return StageAction(step, Kind.RUN if reason else Kind.SKIP, reason or "up to date")


def _why(step: Step, found: Found, running: Collection[str]) -> str:
    """Return why a stage must run, or an empty string."""
    if behind := [item.writer for item in step.inputs if item.writer in running]:
        return f"because {behind[0]} runs"
    name = step.stage.name
    manifest = found.manifests.get(name)
    if manifest is None:
        ended = found.failures.get(name)
        return _unfinished(step.stage, found.started.get(name), step.key, ended)
    if damage := found.damage.get(name):
        return damage
    if manifest.key != step.key:
        return _difference(step, manifest)
    return ANEW if step.stage.times_machine else ""


def _unfinished(stage: Stage, started: str | None, key: str, failure: StageFailure | None) -> str:
    if started is None:
        return "never run"
    # Without a record of its end it was killed outright, or the machine was.
    how = failure.describe() if failure else "was interrupted"
    if stage.resumes and started == key:
        return f"{how}, goes on where it stopped"
    return f"{how}, starts afresh"


def _difference(step: Step, manifest: Manifest) -> str:
    for target in step.images:
        if manifest.images.get(target.name) != target.reference:
            return f"image {target.name} changed"
    if changed := _changed_setting(manifest.gin.splitlines(), step.bindings):
        return changed
    if manifest.seed != step.seed:
        return f"seed changed from {manifest.seed} to {step.seed}"
    for name, digest in step.reads.items():
        if manifest.reads.get(name) != digest:
            return f"{name} was made again"
    for name in manifest.reads:
        if name not in step.reads:
            return f"{name} is not read any more"
    return "it was made by another version of the pipeline"


def _changed_setting(before: Iterable[str], now: Iterable[str]) -> str:
    pairs = (line.split("=", 1) for line in before)
    old = {MOVED.get(name, name): value for name, value in pairs}
    new = dict(line.split("=", 1) for line in now)
    for name, value in new.items():
        if name not in old:
            return f"setting {name} is new"
        if old[name] != value:
            return f"setting {name} changed from {old[name]} to {value}"
    for name in old:
        if name not in new:
            return f"setting {name} is no longer used"
    return ""
