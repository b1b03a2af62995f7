"""What a container may do: see its mounts, and nothing else."""

from __future__ import annotations

import csv
import io
import os
import shutil
from collections.abc import Iterator, Mapping
from pathlib import PurePosixPath
from typing import Any

from regalloc.engine.command import LOOPBACK, Command, Mount, Program, Sandbox, Session

RUN_LABEL = "regalloc.run"
"""Label of every container that runs a stage: the token of its run's folder.  By it what a killed
run left is found, and nobody else's."""
CALL_LABEL = "regalloc.call"
"""Label of the containers that one call made, which tells them from others of their name."""

PROGRAMS: Mapping[Program, str] = {"python": "/opt/venv/bin/python", "shell": "/bin/bash"}
"""Where an image has what a session starts."""

_CLIENT_FLAGS = {
    "mounts": "mount",
    "environment": "env",
    "user": "user",
    "group_add": "group-add",
    "network_mode": "network",
    "read_only": "read-only",
    "tmpfs": "tmpfs",
    "cap_drop": "cap-drop",
    "security_opt": "security-opt",
    "mem_limit": "memory",
    "memswap_limit": "memory-swap",
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
        "mounts": [_bind(mount) for mount in sandbox.mounts],
        "environment": [f"{n}={value}" for n, value in sandbox.variables(target_of).items()],
        "user": f"{os.getuid()}:{os.getgid()}",
        # Folders may be open to a group that is not one's first.
        "group_add": [str(group) for group in sorted({*os.getgroups()} - {os.getgid()})],
        "network_mode": sandbox.network,
        "read_only": True,
        # It is memory, too.
        "tmpfs": {"/tmp": f"size={sandbox.memory_mb // 2}m"},
        "cap_drop": ["ALL"],
        "security_opt": ["no-new-privileges"],
        "mem_limit": f"{sandbox.memory_mb}m",
        # Memory and swap together: there is no swap.
        "memswap_limit": f"{sandbox.memory_mb}m",
        "pids_limit": sandbox.pids,
        "init": True,
    }


def container_options(
    command: Command, lenders: list[str], labels: Mapping[str, str]
) -> dict[str, Any]:
    """Return what the SDK is told about a stage's container.

    Args:
        command: the stage.
        lenders: containers whose volumes the stage sees.
        labels: whose it is.
    """
    options = isolation(command.sandbox)
    return {
        **options,
        "image": str(command.sandbox.image),
        "command": [*command.argv, *command.sandbox.flags(target_of)],
        "volumes_from": lenders,
        "environment": [*options["environment"], *_terminal(command.tty)],
        "labels": dict(labels),
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


def _bind(mount: Mount) -> dict[str, Any]:
    # In parts, and not joined by colons, so that a path may have any character.
    return {
        "Type": "bind",
        "Source": str(mount.source),
        "Target": str(mount.target),
        "ReadOnly": mount.read_only,
    }


def _format_mount(mount: Mapping[str, Any]) -> str:
    """Return the value of the docker client's --mount, which is a line of CSV."""
    words = [f"type={mount['Type']}", f"source={mount['Source']}", f"target={mount['Target']}"]
    line = io.StringIO()
    csv.writer(line, lineterminator="").writerow([*words, *["readonly"] * mount["ReadOnly"]])
    return line.getvalue()


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
        elif name == "mounts":
            yield from (f"{flag}={_format_mount(mount)}" for mount in value)
        elif isinstance(value, dict):
            yield from (f"{flag}={target}:{options}" for target, options in value.items())
        elif isinstance(value, list):
            yield from (f"{flag}={item}" for item in value)
        else:
            yield f"{flag}={value}"
