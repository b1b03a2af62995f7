"""Serves the curves of runs with TensorBoard, which the trainer image holds."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path, PurePosixPath

from regalloc.commands.seeds import find_seeds
from regalloc.engine.command import BRIDGE, LOOPBACK, Mount, Session
from regalloc.engine.protocol import no_image
from regalloc.errors import ConfigError, ManifestError
from regalloc.layout import EVENTS, MODEL
from regalloc.pipeline.run import Run
from regalloc.terminal.messages import say

RUNS = PurePosixPath("/runs")

# TensorBoard imports a part of setuptools that is no more; pip carries a copy of it.
START = """
import sys
from pip._vendor import pkg_resources
sys.modules["pkg_resources"] = pkg_resources
from tensorboard.main import run_main
run_main()
"""


def serve_curves(run: Run, folders: Sequence[Path], port: int) -> int:
    """Serve the curves of some runs until interrupted, and return TensorBoard's exit code.

    Args:
        run: with the engine and the images.
        folders: of the runs; seeds below them are served as well.
        port: on loopback.

    Raises:
        ConfigError: it is no port.
        ManifestError: a run has no journal.
        ImageError: the trainer image or a docker client is missing.
    """
    if not 0 < port < 65536:
        raise ConfigError(f"--port={port} is no port", "", "use 1 to 65535")
    journals = find_journals(folders)
    trainer = run.wish.targets["trainer"].ref
    if run.engine.image_id(trainer) is None:
        raise no_image(trainer)
    # To this machine alone: TensorBoard asks nobody for a password.
    say(f"http://{LOOPBACK}:{port} has {', '.join(journals)}; Ctrl-C ends it")
    try:
        return run.engine.interact(curves_session(run, journals, port))
    except KeyboardInterrupt:
        return 0


def find_journals(folders: Sequence[Path]) -> dict[str, Path]:
    """Return the folder of each journal by the name its curves are shown under.

    Raises:
        ManifestError: a run has no journal.
    """
    journals: dict[str, Path] = {}
    for folder in folders:
        runs = [
            found for found in (folder, *find_seeds(folder)) if (found / MODEL / EVENTS).is_dir()
        ]
        if not runs:
            raise ManifestError(
                f"there are no curves in {folder}",
                f"{folder / MODEL / EVENTS} does not exist",
                "run invoke train, or name the folder of a run with --run",
            )
        for found in runs:
            name = found.name if found == folder else f"{folder.name}-{found.name}"
            # Runs of one name in two places are still two runs.
            if name in journals:
                name = f"{name}-{len(journals)}"
            journals[name] = found / MODEL / EVENTS
    return journals


def curves_session(run: Run, journals: Mapping[str, Path], port: int) -> Session:
    """Return TensorBoard, as isolated as a stage, but for one port on loopback."""
    mounts = {name: Mount(path, RUNS / name) for name, path in journals.items()}
    spec = ",".join(f"{name}:{run.engine.place_of(mount)}" for name, mount in mounts.items())
    trainer = run.wish.targets["trainer"].ref
    return Session(
        program="python",
        argv=(
            "-c",
            START,
            f"--logdir_spec={spec}",
            f"--host={run.engine.listen_address}",
            f"--port={port}",
        ),
        sandbox=run.sandbox(trainer, tuple(mounts.values()), network=BRIDGE),
        port=port,
    )
