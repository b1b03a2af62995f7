"""What a page is made of, gathered by whoever knows where it lies."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

from regalloc.pipeline.manifest import Manifest
from regalloc.report.programs_result import ProgramsResult
from regalloc.report.report import Report
from regalloc.summary.event_files import Curves


@dataclass(frozen=True, kw_only=True)
class StageRecord:
    """A finished stage, as its manifest tells.

    Attributes:
        name: the stage's.
        duration_s: how long it took.
        seed: source of its random choices.
        digest: one hash over everything it wrote.
        images: reference of each image that decided its result, by the image's name.
        settings: its gin bindings.
        engine: what ran it, in words.
        created: when it ended, UTC.
    """

    name: str
    duration_s: float
    seed: int
    digest: str
    images: Mapping[str, str]
    settings: tuple[str, ...]
    engine: str
    created: str


def describe_stage(manifest: Manifest) -> StageRecord:
    """Return what a page tells of a stage."""
    return StageRecord(
        name=manifest.stage,
        duration_s=manifest.duration_s,
        seed=manifest.seed,
        digest=manifest.digest,
        images=manifest.images,
        settings=tuple(manifest.gin.splitlines()),
        engine=manifest.engine,
        created=manifest.created,
    )


@dataclass(frozen=True, kw_only=True)
class RunSummary:
    """All that a page shows.

    Attributes:
        title: the run's name.
        report: the evaluation.
        stages: in the order they ran.
        versions: by package.
        curves: the journal of training.
        programs: what real programs did, where that was measured.
        commands: how to see what the trained policy left in a function, by module and function.
    """

    title: str
    report: Report
    stages: tuple[StageRecord, ...] = ()
    versions: Mapping[str, str] = field(default_factory=dict)
    curves: Curves = field(default_factory=dict)
    programs: ProgramsResult | None = None
    commands: Mapping[tuple[str, str], str] = field(default_factory=dict)

    @property
    def images(self) -> dict[str, str]:
        """Return the reference of each image that decided a result, by the image's name."""
        return {name: ref for stage in self.stages for name, ref in stage.images.items()}

    @property
    def settings(self) -> tuple[str, ...]:
        """Return the gin bindings of all stages, each once, sorted."""
        bindings = {binding for stage in self.stages for binding in stage.settings}
        return tuple(sorted(bindings or self.report.settings))
