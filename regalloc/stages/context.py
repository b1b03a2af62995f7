"""What a stage is given: folders, compiler, seed, workers and settings."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path

from regalloc.settings import Settings


@dataclass(frozen=True)
class StageContext:
    """The surroundings of one stage, the same in a container and outside of one.

    Attributes:
        root: folder that holds ``corpus``, ``default_trace`` and so on; ``/`` in a container.
        toolchain: folder that holds ``bin/clang`` built with the ML hooks.
        objects: folder of the corpus build, with ``compile_commands.json``.
        seed: source of every random choice.
        jobs: compiles that may run at the same time; never changes a result.
        settings: the sections the stage names in the table.
        kit: folder of what a release is linked of.
        policy: folder of the user's own policy, if there is one.
        programs: folder of the programs that are measured, and of their tarballs.
        cluster: where the head of the cluster is that compiles; empty for this machine.
        durations_s: seconds that earlier stages took, by stage; never changes a result but for the
            times that it tells.
    """

    root: Path
    toolchain: Path
    objects: Path
    seed: int
    jobs: int
    settings: Settings
    kit: Path = Path("/opt/kit")
    policy: Path | None = None
    programs: Path = Path("/opt/programs")
    cluster: str = ""
    durations_s: Mapping[str, float] = field(default_factory=dict)

    def folder(self, name: str) -> Path:
        """Return the path of one of the run's folders."""
        return self.root / name
