"""What a stage's container may do: its folders, and nothing else."""

from __future__ import annotations

import os
import shutil
from typing import Any

from regalloc.engine.protocol import RUN_LABEL, STAGE_ENV, Command
from regalloc.stages.table import OBJECTS, POLICY


def container_options(command: Command, lent: list[str]) -> dict[str, Any]:
    """Return what the SDK is told about a stage's container."""
    return {
        "image": command.image,
        "command": [*command.argv, *_policy_flag(command)],
        "volumes": {
            str(mount.source): {
                "bind": str(mount.target),
                "mode": "ro" if mount.read_only else "rw",
            }
            for mount in command.mounts
        }
        | _lent_folders(command),
        "volumes_from": lent,
        "environment": {**dict(STAGE_ENV), **_terminal(command.tty)},
        "user": f"{os.getuid()}:{os.getgid()}",
        "labels": {RUN_LABEL: str(command.root)},
        "network_mode": command.network,
        "read_only": True,
        "tmpfs": {"/tmp": ""},
        "cap_drop": ["ALL"],
        "security_opt": ["no-new-privileges"],
        "mem_limit": f"{command.memory_mb}m",
        "pids_limit": command.pids,
        "init": True,
        "tty": command.tty,
    }


def _lent_folders(command: Command) -> dict[str, dict[str, str]]:
    lent = {OBJECTS: command.objects_folder, POLICY: command.policy_folder}
    return {
        str(folder): {"bind": f"/{name}", "mode": "ro"} for name, folder in lent.items() if folder
    }


def _policy_flag(command: Command) -> tuple[str, ...]:
    return (f"--policy=/{POLICY}",) if command.policy_folder else ()


def _terminal(tty: bool) -> dict[str, str]:
    if not tty:
        return {}
    columns, lines = shutil.get_terminal_size()
    term = os.environ.get("TERM", "xterm")
    return {"COLUMNS": str(columns), "LINES": str(lines), "TERM": term}
