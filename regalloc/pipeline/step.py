"""A stage with everything settled that decides its result and how it is run."""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, replace
from pathlib import Path, PurePosixPath

from regalloc.engine.command import Content
from regalloc.images.tags import Target
from regalloc.layout import OBJECTS, OWN_POLICY, OWN_PROGRAMS, PROGRAM_OBJECTS
from regalloc.pipeline.cluster import Cluster
from regalloc.pipeline.own_programs import OwnPrograms
from regalloc.pipeline.wish import Wish
from regalloc.profiles import format_bindings
from regalloc.releases import find_release
from regalloc.settings import Llvm, ProgramCorpus, Settings
from regalloc.stages.table import STAGES, Stage, sections_of

WRITERS = {stage.writes: stage.name for stage in STAGES}
"""The stage that writes each folder of a run."""

_OWN_CONTENT = ("kit", "programs")
"""Images with a folder that only their own stage uses, `/opt/<name>`, by a flag of that name."""

_WITH_PYTHON = ("trainer", "cluster")
"""Images with a Python of their own, where images do not hold what their parents do."""


@dataclass(frozen=True)
class Input:
    """Something that a stage reads.

    Attributes:
        name: where it lies below `/` in a container.
        writer: the stage that writes it; empty for what comes from outside of the run.
        digest: hash of what is in it; empty while it is still to be made.
        source: where it lies on this machine, if not in the run's folder.
        flag: the stage's flag that names its place, if it is not in the run's folder.
    """

    name: str
    writer: str = ""
    digest: str = ""
    source: Path | None = None
    flag: str = ""


@dataclass(frozen=True, kw_only=True)
class Step:
    """A stage with everything settled that decides its result and how it is run.

    Attributes:
        stage: the row of the table.
        image: the image it runs in.
        python: the image whose Python it uses, where images do not hold what their parents do.
        images: the images that decide its result.
        contents: folders of images that it uses.
        bindings: the gin bindings it is configured by.
        seed: source of its random choices.
        inputs: what it reads.
        programs: the user's own, for a stage that takes some.
        cluster: where its compiles are done, when that is not this machine.
        llvm: version of LLVM, for the record.
    """

    stage: Stage
    image: Target
    python: Target
    images: tuple[Target, ...]
    contents: tuple[Content, ...]
    bindings: tuple[str, ...]
    seed: int
    inputs: tuple[Input, ...]
    programs: OwnPrograms | None = None
    cluster: Cluster | None = None
    llvm: str

    @property
    def reads(self) -> dict[str, str]:
        """Return what it reads, with the hash of each."""
        return {item.name: item.digest for item in self.inputs}

    @property
    def key(self) -> str:
        """Return the hash of all that decides the result; empty while an input is to be made."""
        if not all(self.reads.values()):
            return ""
        parts = (
            self.stage.name,
            *(target.reference for target in self.images),
            *self.bindings,
            f"seed={self.seed}",
            *(f"{name}={digest}" for name, digest in sorted(self.reads.items())),
        )
        return hashlib.sha256("\0".join(parts).encode()).hexdigest()

    def with_digests(self, made: Mapping[str, str]) -> Step:
        """Return the step with the hashes of folders that were made by now."""
        inputs = (replace(item, digest=made.get(item.name, item.digest)) for item in self.inputs)
        return replace(self, inputs=tuple(inputs))


def resolve(wanted: Iterable[str], wish: Wish) -> tuple[Step, ...]:
    """Return the wanted stages and all they read from, settled, in the table's order."""
    needed = set(wanted)
    steps: list[Step] = []
    for stage in reversed(STAGES):
        if stage.name in needed:
            steps.insert(0, resolve_stage(stage, wish))
            needed.update(item.writer for item in steps[0].inputs)
    return tuple(steps)


def resolve_stage(stage: Stage, wish: Wish) -> Step:
    """Settle everything about a stage, but for the hashes of what other stages write."""
    cluster = wish.cluster if stage.spreads else None
    image = wish.targets["cluster" if cluster else stage.image]
    # A folder has no image, nor has a corpus of programs alone.
    lender = wish.targets.get("corpus") if stage.reads_objects else None
    contents = tuple(_contents(image, wish.targets["llvm"], lender))
    inputs = tuple(_inputs(stage, wish))
    sections = (wish.settings.get(kind) for kind in sections_of(stage, wish.settings))
    llvm = find_release(wish.settings.get(Llvm).major).version
    return Step(
        stage=stage,
        image=image,
        python=image if image.name in _WITH_PYTHON else wish.targets["trainer"],
        images=(wish.targets[stage.image], *([lender] if lender else [])),
        contents=contents,
        bindings=format_bindings(sections),
        seed=wish.seed if stage.draws_lots else 0,
        inputs=inputs,
        programs=wish.programs if stage.takes_programs else None,
        cluster=cluster,
        llvm=llvm,
    )


def _contents(image: Target, llvm: Target, lender: Target | None) -> Iterator[Content]:
    yield Content(llvm.ref, PurePosixPath("/opt/llvm"), "toolchain")
    if lender:
        yield Content(lender.ref, PurePosixPath("/") / OBJECTS, "objects", lent=True)
    if image.name in _OWN_CONTENT:
        yield Content(image.ref, PurePosixPath("/opt") / image.name, image.name)


def unused_folders(chosen: Settings) -> tuple[str, ...]:
    """Return folders that no stage reads or writes under these settings."""
    return () if chosen.get(ProgramCorpus).names else (PROGRAM_OBJECTS,)


def _inputs(stage: Stage, wish: Wish) -> Iterator[Input]:
    unused = {*(stage.policy_replaces if wish.policy else ()), *unused_folders(wish.settings)}
    for folder in stage.reads:
        if folder not in unused:
            yield Input(folder, WRITERS[folder])
    if stage.reads_objects and (build := wish.folder):
        yield Input(OBJECTS, digest=build.digest, source=build.path, flag="objects")
    if stage.policy_replaces and (policy := wish.policy):
        yield Input(OWN_POLICY, digest=policy.digest, source=policy.path, flag="policy")
    if stage.takes_programs and wish.programs.folders:
        yield Input(OWN_PROGRAMS, digest=wish.programs.digest)
