"""A shell where the stages run, to look around."""

from __future__ import annotations

from pathlib import PurePosixPath

from regalloc.engine.command import Mount, Session
from regalloc.layout import FOLDERS
from regalloc.pipeline.run import Run


def enter_shell(run: Run) -> int:
    """Open a shell in the trainer image with the run's folders, and return its exit code.

    Raises:
        ImageError: the trainer image or a docker client is missing.
    """
    return run.engine.interact(shell_session(run))


def shell_session(run: Run) -> Session:
    """Return a shell as isolated as a stage, but for its writes."""
    trainer = run.wish.targets["trainer"].ref
    mounts = tuple(
        Mount(run.folder / name, PurePosixPath("/") / name, read_only=False)
        for name in FOLDERS
        if (run.folder / name).is_dir()
    )
    return Session(
        program="shell", sandbox=run.sandbox(trainer, mounts), folder=run.folder, tty=True
    )
