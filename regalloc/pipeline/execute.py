"""Does what was planned, in that order, and decides nothing."""

from __future__ import annotations

import re
import time
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path, PurePosixPath

from regalloc.engine.protocol import NO_NETWORK, Command, Engine, Mount
from regalloc.images.prebuilt import Builder
from regalloc.layout import OWN_PROGRAMS
from regalloc.pipeline.folders import prepare_folder, require_space
from regalloc.pipeline.manifest import (
    Manifest,
    hash_outputs,
    measure_outputs,
    read_manifest,
    write_manifest,
)
from regalloc.pipeline.plan import (
    CLUSTER_IMAGE,
    CORPUS_IMAGE,
    TRAINER,
    Action,
    Kind,
    Wish,
    bindings_of,
    cluster_of,
    folders_of,
    images_of,
    own_policy_of,
    place_of,
    reads_of,
    seed_of,
    stage_key,
    takes_programs,
)
from regalloc.pipeline.versions import collect_versions
from regalloc.releases import find_release
from regalloc.settings import Llvm
from regalloc.stages.table import Stage, find

IMAGE_BYTES = 2 * 1024**3
STAGE_BYTES = 200 * 1024**2
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


@dataclass(frozen=True)
class Timing:
    """How long an action took, in seconds."""

    action: Action
    duration_s: float


def execute(actions: Iterable[Action], run: Run) -> tuple[Timing, ...]:
    """Carry out the actions that are to run, in order, and return their times.

    Raises:
        RegallocError: an action failed; the ones after it were not begun.
    """
    return tuple(_time(action, run) for action in actions if action.kind is Kind.RUN)


def _time(action: Action, run: Run) -> Timing:
    began = time.monotonic()
    run.say(f"{action.what} {action.name}: {action.reason}")
    if action.what == "image":
        require_space(run.cache, IMAGE_BYTES, "an image")
        run.builder.build(run.wish.targets[action.name])
    else:
        require_space(run.folder, STAGE_BYTES, f"stage {action.name}")
        run_stage(find(action.name), run)
    return Timing(action, time.monotonic() - began)


def run_stage(stage: Stage, run: Run) -> None:
    """Run one stage and write its manifest last.

    Raises:
        RegallocError: the stage failed; its folder has no manifest.
    """
    reads = {name: _digest(run.folder / name) for name in folders_of(stage, run.wish)}
    reads |= reads_of(stage, run.wish)
    key = stage_key(stage, run.wish, reads)
    folder = run.folder / stage.writes
    prepare_folder(stage, folder, key, run.say)
    if stage.takes_programs:
        run.wish.programs.copy_to(run.folder / OWN_PROGRAMS)
    command = stage_command(stage, run)
    began = time.monotonic()
    run.engine.run(command)
    duration_s = time.monotonic() - began
    write_manifest(folder, _record(stage, run, command, key, reads, duration_s))


def _digest(folder: Path) -> str:
    manifest = read_manifest(folder)
    assert manifest is not None, "the plan runs a stage only after what it reads is made"
    return manifest.digest


def stage_command(stage: Stage, run: Run) -> Command:
    """Return what the engine is asked to run."""
    targets = run.wish.targets
    lent = CORPUS_IMAGE in images_of(stage, run.wish)
    foreign = stage.reads_objects and not lent
    policy = own_policy_of(stage, run.wish)
    cluster = cluster_of(stage, run.wish)
    place = place_of(stage, run.wish)
    whole = place in (TRAINER, CLUSTER_IMAGE)
    return Command(
        stage=stage.name,
        image=targets[place].reference,
        python_image=None if whole else targets[TRAINER].reference,
        toolchain_image=targets["llvm"].reference,
        objects_image=targets[CORPUS_IMAGE].reference if lent else None,
        objects_folder=run.wish.folder.path if foreign and run.wish.folder else None,
        policy_folder=policy.path if policy else None,
        argv=stage_argv(stage, run),
        root=run.folder,
        mounts=stage_mounts(_mounted(stage, run.wish), run.folder),
        # Container names take fewer characters than folders.
        network=cluster.network if cluster else NO_NETWORK,
        token=cluster.token if cluster else None,
        run_id=re.sub(r"[^A-Za-z0-9_.-]", "-", run.folder.name),
        memory_mb=run.memory_mb,
        pids=PIDS,
        tty=run.tty,
    )


def _mounted(stage: Stage, wish: Wish) -> tuple[str, ...]:
    own = (OWN_PROGRAMS,) if takes_programs(stage, wish) else ()
    return (*folders_of(stage, wish), *own, stage.writes)


def stage_argv(stage: Stage, run: Run) -> tuple[str, ...]:
    """Return a stage's name and flags."""
    bindings = bindings_of(stage, run.wish.settings)
    cluster = cluster_of(stage, run.wish)
    return (
        stage.name,
        f"--seed={seed_of(stage, run.wish.seed)}",
        f"--jobs={run.jobs}",
        *(f"--bind={binding}" for binding in bindings),
        *((f"--cluster={cluster.address}",) if cluster else ()),
        *duration_flags(stage, run),
        *(("--debug",) if run.debug else ()),
    )


def duration_flags(stage: Stage, run: Run) -> tuple[str, ...]:
    """Return the flags that tell a stage how long those took that it reads from."""
    if not stage.reports_durations:
        return ()
    found = (read_manifest(run.folder / name) for name in folders_of(stage, run.wish))
    return tuple(f"--took={one.stage}:{one.duration_s}" for one in found if one)


def stage_mounts(folders: Sequence[str], root: Path) -> tuple[Mount, ...]:
    """Return a stage's folders at their place below `/`; the last is the one it writes."""
    return tuple(
        Mount(name, root / name, PurePosixPath("/") / name, name != folders[-1]) for name in folders
    )


def _llvm(run: Run) -> str:
    return find_release(run.wish.settings.get(Llvm).major).version


def _record(
    stage: Stage, run: Run, command: Command, key: str, reads: dict[str, str], duration_s: float
) -> Manifest:
    folder = run.folder / stage.writes
    images = {name: run.wish.targets[name].reference for name in images_of(stage, run.wish)}
    return Manifest(
        stage=stage.name,
        key=key,
        images=images,
        image_ids={name: run.engine.image_id(ref) or "" for name, ref in images.items()},
        engine=run.engine.describe(),
        argv=command.argv,
        gin="\n".join(bindings_of(stage, run.wish.settings)),
        versions=collect_versions(run.checkout, _llvm(run)),
        seed=seed_of(stage, run.wish.seed),
        reads=reads,
        writes=hash_outputs(folder),
        sizes=measure_outputs(folder),
        duration_s=round(duration_s, 3),
        created=datetime.now(UTC).isoformat(timespec="seconds"),
    )
