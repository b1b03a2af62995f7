"""Where and with what a plan is executed."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from regalloc.engine.command import NO_NETWORK, ImageRef, Mount, Sandbox
from regalloc.engine.protocol import Engine
from regalloc.images.transfer.prebuilt import Builder
from regalloc.pipeline.wish import Wish

PIDS = 8192


@dataclass(frozen=True, kw_only=True)
class Run:
    """Where and with what a plan is executed.

    Attributes:
        folder: the run's folder.
        checkout: the repository's root.
        cache: the cache folder.
        wish: settings, seed and images.
        jobs: compiles at the same time; no part of any key.
        memory_mb: limit of a stage in MiB.
        tty: whether a terminal is given to the stages.
        debug: whether stages show tracebacks.
        engine: what runs stages.
        builder: what builds images.
        say: takes a line for the user.
    """

    folder: Path
    checkout: Path
    cache: Path
    wish: Wish
    jobs: int
    memory_mb: int
    tty: bool
    debug: bool
    engine: Engine
    builder: Builder
    say: Callable[[str], None]

    def sandbox(
        self,
        image: ImageRef,
        mounts: tuple[Mount, ...],
        *,
        python: ImageRef | None = None,
        environment: tuple[tuple[str, str], ...] = (),
        network: str = NO_NETWORK,
    ) -> Sandbox:
        """Return where a command runs, within the run's limits; its Python is the image's own."""
        return Sandbox(
            image=image,
            python=python or image,
            mounts=mounts,
            environment=environment,
            network=network,
            memory_mb=self.memory_mb,
            pids=PIDS,
        )
