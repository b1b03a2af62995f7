"""What a container may do: see its mounts, and nothing else."""

from __future__ import annotations

import os
import shutil
from collections.abc import Iterator, Mapping
from pathlib import PurePosixPath
from typing import Any

from regalloc.engine.command import LOOPBACK, Command, Mount, Program, Sandbox, Session

RUN_LABEL = "regalloc.run"
"""Label of every container that runs a stage, so that a leftover can be found and named."""

PROGRAMS: Mapping[Program, str] = {"python": "/opt/venv/bin/python", "shell": "/bin/bash"}
"""Where an image has what a session starts."""

_CLIENT_FLAGS = {
    "volumes": "volume",
    "environment": "env",
    "user": "user",
    "network_mode": "network",
    "read_only": "read-only",
    "tmpfs": "tmpfs",
    "cap_drop": "cap-drop",
    "security_opt": "security-opt",
    "mem_limit": "memory",
    "pids_limit": "pids-limit",
    "init": "init",
}
"""The docker client's flag for each of the SDK's options that isolate a container."""


def target_of(mount: Mount) -> PurePosixPath:
    """Return the path at which a container has a mount."""
    return mount.target


def isolation(sandbox: Sandbox) -> dict[str, Any]:
    """Return what the SDK is told about every container, whatever runs in it."""
    return {
        "volumes": [_bind(mount) for mount in sandbox.mounts],
        "environment": [f"{n}={value}" for n, value in sandbox.variables(target_of).items()],
        "user": f"{os.getuid()}:{os.getgid()}",
        "network_mode": sandbox.network,
        "read_only": True,
        "tmpfs": {"/tmp": ""},
        "cap_drop": ["ALL"],
        "security_opt": ["no-new-privileges"],
        "mem_limit": f"{sandbox.memory_mb}m",
        "pids_limit": sandbox.pids,
        "init": True,
    }


def container_options(command: Command, lenders: list[str]) -> dict[str, Any]:
    """Return what the SDK is told about a stage's container.

    Args:
        command: the stage.
        lenders: containers whose volumes the stage sees.
    """
    options = isolation(command.sandbox)
    return {
        **options,
        "image": str(command.sandbox.image),
        "command": [*command.argv, *command.sandbox.flags(target_of)],
        "volumes_from": lenders,
        "environment": [*options["environment"], *_terminal(command.tty)],
        "labels": {RUN_LABEL: str(command.root)},
        "tty": command.tty,
    }


def session_argv(session: Session) -> tuple[str, ...]:
    """Return the words of `docker run` for a session, as isolated as a stage."""
    port = session.port
    return (
        "run",
        "--rm",
        *(("--interactive", "--tty") if session.tty else ()),
        *((f"--publish={LOOPBACK}:{port}:{port}",) if port is not None else ()),
        *_client_flags(isolation(session.sandbox)),
        f"--entrypoint={PROGRAMS[session.program]}",
        str(session.sandbox.image),
        *session.argv,
    )


def _bind(mount: Mount) -> str:
    return f"{mount.source}:{mount.target}:{'ro' if mount.read_only else 'rw'}"


def _terminal(tty: bool) -> tuple[str, ...]:
    if not tty:
        return ()
    columns, lines = shutil.get_terminal_size()
    return f"COLUMNS={columns}", f"LINES={lines}", f"TERM={os.environ.get('TERM', 'xterm')}"


def _client_flags(options: Mapping[str, Any]) -> Iterator[str]:
    """Yield the docker client's flags for the SDK's options."""
    for name, value in options.items():
        flag = f"--{_CLIENT_FLAGS[name]}"
        if value is True:
            yield flag
        elif isinstance(value, list | dict):
            yield from (f"{flag}={item}" for item in value)
        else:
            yield f"{flag}={value}"
