"""What a run is asked to have."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from regalloc.images.corpus_source import FolderCorpus
from regalloc.images.tags import Target
from regalloc.pipeline.cluster import Cluster
from regalloc.pipeline.own_policy import OwnPolicy
from regalloc.pipeline.own_programs import NO_PROGRAMS, OwnPrograms
from regalloc.settings import Settings


@dataclass(frozen=True)
class Wish:
    """What a run is asked to have.

    Attributes:
        settings: the profile.
        seed: source of every random choice.
        targets: the images that there are by name, parents first.
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
