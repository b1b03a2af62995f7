"""Decides what is to be done.  Pure: it looks at nothing but its arguments."""

from __future__ import annotations

import hashlib
from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass, field
from enum import Enum
from pathlib import Path
from typing import Literal

from regalloc.images.corpus_source import FolderCorpus
from regalloc.images.tree import TREE, Image, Target
from regalloc.pipeline.manifest import Manifest
from regalloc.pipeline.own_programs import NO_PROGRAMS, OwnPrograms
from regalloc.settings import MOVED, Settings, format_bindings
from regalloc.stages.table import OBJECTS, OWN_PROGRAMS, POLICY, STAGES, Stage, sections_of

TRAINER = "trainer"
CORPUS_IMAGE = "corpus"
CLUSTER_IMAGE = "cluster"
ANEW = "measures this machine anew"


class Kind(Enum):
    """Whether an action does something."""

    RUN = "run"
    SKIP = "skip"


@dataclass(frozen=True)
class Action:
    """One decision.

    Attributes:
        what: whether an image is built or a stage runs.
        name: the image's or the stage's.
        kind: whether it is to be done.
        reason: why, in words.
        key: an image's reference; a stage's key, empty while what it reads is not made.
    """

    what: Literal["image", "stage"]
    name: str
    kind: Kind
    reason: str
    key: str = ""


@dataclass(frozen=True)
class OwnPolicy:
    """A policy that comes from outside of the run.

    Attributes:
        path: its folder.
        digest: one hash over its files.
    """

    path: Path
    digest: str


@dataclass(frozen=True)
class Cluster:
    """Where compiles are done instead of on this machine; decides no result.

    Attributes:
        address: the head of the Ray cluster.
        network: docker network that reaches it.
        token: file with the token that it asks for, if it asks for one.
    """

    address: str
    network: str
    token: Path | None = None


@dataclass(frozen=True)
class Wish:
    """What a run is asked to have.

    Attributes:
        settings: the profile.
        seed: source of every random choice.
        targets: the images by name, with their tags.
        folder: the build that is the corpus, when it is no image's.
        policy: the policy to release or to evaluate, when it is not the run's own.
        programs: programs to measure beside the image's.
        cluster: where compiles are done, when that is not this machine.
    """

    settings: Settings
    seed: int
    targets: Mapping[str, Target]
    folder: FolderCorpus | None = None
    policy: OwnPolicy | None = None
    programs: OwnPrograms = NO_PROGRAMS
    cluster: Cluster | None = None

    @property
    def tree(self) -> tuple[Image, ...]:
        """Return the images that there are, parents first."""
        return tuple(image for image in TREE if image.name in self.targets)


@dataclass(frozen=True)
class Found:
    """What is there.

    Attributes:
        manifests: finished stages, by stage.
        damage: what is wrong with a finished stage's files, by stage.
        started: key of the stages that began, by stage.
        images: references that exist.
        nested: whether an image holds its parents; local folders do not.
    """

    manifests: Mapping[str, Manifest] = field(default_factory=dict)
    damage: Mapping[str, str] = field(default_factory=dict)
    started: Mapping[str, str] = field(default_factory=dict)
    images: Collection[str] = ()
    nested: bool = True


def plan(wanted: Iterable[str], wish: Wish, found: Found) -> tuple[Action, ...]:
    """Return what is to be done for the wanted stages: images first, then stages, in order."""
    running: set[str] = set()
    stages = []
    for stage in with_upstream(wanted, wish):
        action = _decide(stage, wish, found, running)
        stages.append(action)
        if action.kind is Kind.RUN:
            running.add(stage.name)
    needed = {
        image
        for stage in STAGES
        if stage.name in running
        for image in (*images_of(stage, wish), place_of(stage, wish))
    }
    return (*plan_images(needed, wish, found), *stages)


def plan_images(wanted: Collection[str], wish: Wish, found: Found) -> tuple[Action, ...]:
    """Return what is to be built for the wanted images, parents first."""
    needed = set(wanted)
    for image in reversed(wish.tree):
        missing = wish.targets[image.name].reference not in found.images
        if image.parent and image.name in needed and (missing or not found.nested):
            needed.update((image.parent, *image.starts_from))
    return tuple(_decide_image(wish.targets[image.name], needed, found) for image in wish.tree)


def _decide_image(target: Target, needed: Collection[str], found: Found) -> Action:
    reference = target.reference
    if reference in found.images:
        kind, reason = Kind.SKIP, f"image {reference} exists"
    elif target.name in needed:
        kind, reason = Kind.RUN, f"image {reference} does not exist"
    else:
        kind, reason = Kind.SKIP, "nothing that runs needs it"
    return Action("image", target.name, kind, reason, reference)


def with_upstream(wanted: Iterable[str], wish: Wish) -> tuple[Stage, ...]:
    """Return the wanted stages and all they read from, in the table's order."""
    needed = set(wanted)
    for stage in reversed(STAGES):
        if stage.name in needed:
            needed.update(writer(folder).name for folder in folders_of(stage, wish))
    return tuple(stage for stage in STAGES if stage.name in needed)


def writer(folder: str) -> Stage:
    """Return the stage that writes a folder."""
    return next(stage for stage in STAGES if stage.writes == folder)


def folders_of(stage: Stage, wish: Wish) -> tuple[str, ...]:
    """Return the run's folders that a stage reads."""
    replaced = stage.policy_replaces if wish.policy else ()
    return tuple(folder for folder in stage.reads if folder not in replaced)


def images_of(stage: Stage, wish: Wish) -> tuple[str, ...]:
    """Return the names of the images that decide a stage's result."""
    lent = stage.reads_objects and wish.folder is None
    return (stage.image, CORPUS_IMAGE) if lent else (stage.image,)


def cluster_of(stage: Stage, wish: Wish) -> Cluster | None:
    """Return the cluster that does a stage's compiles, if one does."""
    return wish.cluster if stage.spreads else None


def place_of(stage: Stage, wish: Wish) -> str:
    """Return the name of the image a stage runs in."""
    return CLUSTER_IMAGE if cluster_of(stage, wish) else stage.image


def reads_of(stage: Stage, wish: Wish) -> dict[str, str]:
    """Return what a stage reads that no stage wrote, with its digest."""
    objects = {OBJECTS: wish.folder.digest} if stage.reads_objects and wish.folder else {}
    own = own_policy_of(stage, wish)
    policy = {POLICY: own.digest} if own else {}
    programs = {OWN_PROGRAMS: wish.programs.digest} if takes_programs(stage, wish) else {}
    return objects | policy | programs


def own_policy_of(stage: Stage, wish: Wish) -> OwnPolicy | None:
    """Return the policy of the user's own that a stage is given."""
    return wish.policy if stage.policy_replaces else None


def takes_programs(stage: Stage, wish: Wish) -> bool:
    """Return whether a stage reads programs of the user's own."""
    return stage.takes_programs and bool(wish.programs.folders)


def bindings_of(stage: Stage, settings: Settings) -> tuple[str, ...]:
    """Return the gin bindings a stage is configured by."""
    return format_bindings(settings.get(kind) for kind in sections_of(stage, settings))


def seed_of(stage: Stage, seed: int) -> int:
    """Return the seed a stage's result depends on; cutting bitcode out draws no lots."""
    return 0 if stage.reads_objects else seed


def stage_key(stage: Stage, wish: Wish, reads: Mapping[str, str]) -> str:
    """Return the hash of everything that decides a stage's result."""
    parts = (
        stage.name,
        *(wish.targets[image].reference for image in images_of(stage, wish)),
        *bindings_of(stage, wish.settings),
        f"seed={seed_of(stage, wish.seed)}",
        *(f"{folder}={digest}" for folder, digest in sorted(reads.items())),
    )
    return hashlib.sha256("\0".join(parts).encode()).hexdigest()


def _decide(stage: Stage, wish: Wish, found: Found, running: Collection[str]) -> Action:
    folders = folders_of(stage, wish)
    upstream = [writer(folder).name for folder in folders]
    if behind := [name for name in upstream if name in running]:
        return Action("stage", stage.name, Kind.RUN, f"because {behind[0]} runs")
    reads = {folder: found.manifests[writer(folder).name].digest for folder in folders}
    reads |= reads_of(stage, wish)
    key = stage_key(stage, wish, reads)
    reason = _why(stage, wish, found, reads, key) or ANEW * stage.times_machine
    kind = Kind.RUN if reason else Kind.SKIP
    return Action("stage", stage.name, kind, reason or "up to date", key)


def _why(stage: Stage, wish: Wish, found: Found, reads: Mapping[str, str], key: str) -> str:
    """Return why a stage whose input is there must run, or an empty string."""
    manifest = found.manifests.get(stage.name)
    if manifest is None:
        return _unfinished(stage, found.started.get(stage.name), key)
    if damage := found.damage.get(stage.name):
        return damage
    if manifest.key == key:
        return ""
    return _difference(stage, wish, manifest, reads)


def _unfinished(stage: Stage, started: str | None, key: str) -> str:
    if started is None:
        return "never run"
    if stage.resumes and started == key:
        return "interrupted, goes on where it stopped"
    return "did not finish, starts afresh"


def _difference(stage: Stage, wish: Wish, manifest: Manifest, reads: Mapping[str, str]) -> str:
    for image in images_of(stage, wish):
        if manifest.images.get(image) != wish.targets[image].reference:
            return f"image {image} changed"
    if changed := _changed_setting(manifest.gin.splitlines(), bindings_of(stage, wish.settings)):
        return changed
    seed = seed_of(stage, wish.seed)
    if manifest.seed != seed:
        return f"seed changed from {manifest.seed} to {seed}"
    for folder in reads:
        if manifest.reads.get(folder) != reads[folder]:
            return f"{folder} was made again"
    for folder in manifest.reads:
        if folder not in reads:
            return f"{folder} is not read any more"
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
