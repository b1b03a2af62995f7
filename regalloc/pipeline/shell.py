"""A shell where the stages run, to look around."""

from __future__ import annotations

import os
import subprocess

from regalloc.engine.protocol import STAGE_ENV
from regalloc.errors import ImageError
from regalloc.images.client import any_client, open_shell
from regalloc.layout import FOLDERS
from regalloc.pipeline.execute import Run


def enter_shell(run: Run) -> int:
    """Open a shell in the trainer image with the run's folders, and return its exit code.

    Raises:
        ImageError: the trainer image or a docker client is missing.
    """
    if run.engine.name == "local":
        run.folder.mkdir(parents=True, exist_ok=True)
        return subprocess.call([os.environ.get("SHELL", "/bin/bash")], cwd=run.folder)
    reference = run.wish.targets["trainer"].reference
    if run.engine.image_id(reference) is None:
        raise ImageError(f"there is no image {reference}", "", "make build-llvm")
    return open_shell(any_client(), shell_argv(run))


def shell_argv(run: Run) -> tuple[str, ...]:
    """Return the flags of `docker run` for a shell as isolated as a stage, but for its writes."""
    folders = [name for name in FOLDERS if (run.folder / name).is_dir()]
    return (
        "--rm",
        "--interactive",
        "--tty",
        "--init",
        "--network=none",
        "--read-only",
        "--tmpfs=/tmp",
        "--cap-drop=ALL",
        "--security-opt=no-new-privileges",
        f"--user={os.getuid()}:{os.getgid()}",
        *(f"--env={name}={value}" for name, value in STAGE_ENV),
        *(f"--volume={run.folder / name}:/{name}" for name in folders),
        "--entrypoint=/bin/bash",
        run.wish.targets["trainer"].reference,
    )
