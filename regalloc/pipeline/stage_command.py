"""From a settled stage to what the engine is asked to run."""

from __future__ import annotations

import re
from pathlib import Path, PurePosixPath

from regalloc.engine.command import NO_NETWORK, Command, Mount
from regalloc.layout import LOG
from regalloc.pipeline.manifest import read_manifest, record_of
from regalloc.pipeline.run import Run
from regalloc.pipeline.step import Step

ROOT = PurePosixPath("/")


def stage_command(step: Step, run: Run) -> Command:
    """Return what the engine is asked to run."""
    cluster = step.cluster
    mounts = stage_mounts(step, run.folder)
    argv = stage_argv(step, run)
    sandbox = run.sandbox(
        step.image.ref,
        mounts,
        python=step.python.ref,
        environment=cluster.environment if cluster else (),
        network=cluster.network if cluster else NO_NETWORK,
    )
    return Command(
        stage=step.stage.name,
        argv=argv,
        sandbox=sandbox,
        contents=step.contents,
        root=run.folder,
        # Container names take fewer characters than folders.
        run_id=re.sub(r"[^A-Za-z0-9_.-]", "-", run.folder.name),
        tty=run.tty,
        log=record_of(run.folder / step.stage.writes, LOG),
    )


def stage_argv(step: Step, run: Run) -> tuple[str, ...]:
    """Return a stage's name and flags."""
    return (
        step.stage.name,
        f"--seed={step.seed}",
        f"--jobs={run.jobs}",
        *(f"--bind={binding}" for binding in step.bindings),
        *((f"--cluster={step.cluster.address}",) if step.cluster else ()),
        *duration_flags(step, run.folder),
        *(("--debug",) if run.debug else ()),
    )


def duration_flags(step: Step, root: Path) -> tuple[str, ...]:
    """Return the flags that tell a stage how long those took that it reads from."""
    if not step.stage.reports_durations:
        return ()
    found = (read_manifest(root / item.name) for item in step.inputs if item.writer)
    return tuple(f"--took={one.stage}:{one.duration_s}" for one in found if one)


def stage_mounts(step: Step, root: Path) -> tuple[Mount, ...]:
    """Return what a stage sees: what it reads, the folder it writes, and its cluster's token."""
    return (
        *(Mount(i.source or root / i.name, ROOT / i.name, flag=i.flag) for i in step.inputs),
        Mount(root / step.stage.writes, ROOT / step.stage.writes, read_only=False),
        *(step.cluster.mounts if step.cluster else ()),
    )
