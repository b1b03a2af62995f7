"""What a stage's container may do: its folders, and nothing else."""

from __future__ import annotations

import os
import shutil
from typing import Any

from regalloc.engine.protocol import RUN_LABEL, STAGE_ENV, Command
from regalloc.stages.table import OBJECTS


def container_options(command: Command, lent: list[str]) -> dict[str, Any]:
    """Return what the SDK is told about a stage's container."""
    return {
        "image": command.image,
        "command": list(command.argv),
        "volumes": {
            str(mount.source): {
                "bind": str(mount.target),
                "mode": "ro" if mount.read_only else "rw",
            }
            for mount in command.mounts
        }
        | _objects(command),
        "volumes_from": lent,
        "environment": {**dict(STAGE_ENV), **_terminal(command.tty)},
        "user": f"{os.getuid()}:{os.getgid()}",
        "labels": {RUN_LABEL: str(command.root)},
        "network_mode": "none",
        "read_only": True,
        "tmpfs": {"/tmp": ""},
        "cap_drop": ["ALL"],
        "security_opt": ["no-new-privileges"],
        "mem_limit": f"{command.memory_mb}m",
        "pids_limit": command.pids,
        "init": True,
        "tty": command.tty,
    }


def _objects(command: Command) -> dict[str, dict[str, str]]:
    if command.objects_folder is None:
        return {}
    return {str(command.objects_folder): {"bind": f"/{OBJECTS}", "mode": "ro"}}


def _terminal(tty: bool) -> dict[str, str]:
    if not tty:
        return {}
    columns, lines = shutil.get_terminal_size()
    term = os.environ.get("TERM", "xterm")
    return {"COLUMNS": str(columns), "LINES": str(lines), "TERM": term}
