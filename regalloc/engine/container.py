"""What a stage's container may do: its folders, and nothing else."""

from __future__ import annotations

import os
import shutil
from pathlib import PurePosixPath
from typing import Any

from regalloc.engine.protocol import RUN_LABEL, STAGE_ENV, Command, token_env
from regalloc.layout import OBJECTS, OWN_POLICY

TOKEN = PurePosixPath("/run/cluster-token")
"""Where a cluster's token lies in a stage's container: no environment shows it."""


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
        "environment": {
            **dict(STAGE_ENV),
            **_terminal(command.tty),
            **(token_env(TOKEN) if command.token else {}),
        },
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
    lent = {
        f"/{OBJECTS}": command.objects_folder,
        f"/{OWN_POLICY}": command.policy_folder,
        str(TOKEN): command.token,
    }
    return {str(path): {"bind": place, "mode": "ro"} for place, path in lent.items() if path}


def _policy_flag(command: Command) -> tuple[str, ...]:
    return (f"--policy=/{OWN_POLICY}",) if command.policy_folder else ()


def _terminal(tty: bool) -> dict[str, str]:
    if not tty:
        return {}
    columns, lines = shutil.get_terminal_size()
    term = os.environ.get("TERM", "xterm")
    return {"COLUMNS": str(columns), "LINES": str(lines), "TERM": term}
