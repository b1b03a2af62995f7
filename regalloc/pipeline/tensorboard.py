"""Serves the curves of runs with TensorBoard, which the trainer image holds."""

from __future__ import annotations

import os
import subprocess
from collections.abc import Mapping, Sequence
from pathlib import Path

from regalloc.engine.local import local_folder
from regalloc.engine.protocol import STAGE_ENV
from regalloc.errors import ConfigError, ImageError, ManifestError
from regalloc.images.client import any_client, open_shell
from regalloc.layout import EVENTS, MODEL
from regalloc.pipeline.execute import Run
from regalloc.pipeline.seeds import find_seeds
from regalloc.pipeline.show import say

LOOPBACK = "127.0.0.1"
"""Curves are served to this machine alone: TensorBoard asks nobody for a password."""

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
    reference = run.wish.targets["trainer"].reference
    if run.engine.image_id(reference) is None:
        raise ImageError(f"there is no image {reference}", "", "make build-llvm")
    say(f"http://{LOOPBACK}:{port} has {', '.join(journals)}; Ctrl-C ends it")
    try:
        if run.engine.name == "local":
            venv = local_folder(run.cache, reference) / "venv"
            return subprocess.call(local_argv(venv, journals, port))
        return open_shell(any_client(), container_argv(reference, journals, port))
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


def container_argv(reference: str, journals: Mapping[str, Path], port: int) -> tuple[str, ...]:
    """Return the flags of `docker run`: as isolated as a stage, but for one port on loopback."""
    return (
        "--rm",
        "--init",
        f"--publish={LOOPBACK}:{port}:{port}",
        "--read-only",
        "--tmpfs=/tmp",
        "--cap-drop=ALL",
        "--security-opt=no-new-privileges",
        f"--user={os.getuid()}:{os.getgid()}",
        *(f"--env={name}={value}" for name, value in STAGE_ENV),
        *(f"--volume={path}:/runs/{name}:ro" for name, path in journals.items()),
        "--entrypoint=/opt/venv/bin/python",
        reference,
        "-c",
        START,
        "--logdir=/runs",
        "--bind_all",
        f"--port={port}",
    )


def local_argv(venv: Path, journals: Mapping[str, Path], port: int) -> tuple[str, ...]:
    """Return the command line outside of containers."""
    spec = ",".join(f"{name}:{path}" for name, path in journals.items())
    return (
        str(venv / "bin" / "python3"),
        "-c",
        START,
        f"--logdir_spec={spec}",
        f"--host={LOOPBACK}",
        f"--port={port}",
    )
