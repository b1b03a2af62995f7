"""Read ``compile_commands.json``: which objects a build made, and where they lie now."""

from __future__ import annotations

import json
import os
import shlex
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from regalloc.errors import CorpusError

COMPILE_COMMANDS = "compile_commands.json"

_ASSEMBLER = (".s", ".asm", ".sx")


@dataclass(frozen=True)
class BuiltObject:
    """An object file of the corpus build.

    Attributes:
        name: its path in the build, the module's name.
        path: where it lies.
        assembler: whether its source was assembler, which never becomes bitcode.
    """

    name: str
    path: Path
    assembler: bool


def read_objects(folder: Path) -> tuple[BuiltObject, ...]:
    """Return the objects of a build, sorted by name, each once.

    A build may have been moved since, as into an image: recorded folders that no longer exist are
    looked for at the same place below ``folder``.

    Raises:
        CorpusError: the file is missing, does not parse, or names no object.
    """
    entries = _read_entries(folder / COMPILE_COMMANDS)
    objects = {found.name: found for found in _find_objects(folder.absolute(), entries)}
    if not objects:
        raise CorpusError(
            "the corpus build made no object",
            f"{folder / COMPILE_COMMANDS} has {len(entries)} entries",
            "build the corpus image again",
        )
    return tuple(objects[name] for name in sorted(objects))


def find_output(entry: dict[str, Any]) -> str | None:
    """Return the object an entry makes, relative to its directory, or None if it compiles nothing.

    Commands are parsed as a shell would parse them.
    """
    if isinstance(entry.get("output"), str):
        return str(entry["output"])
    args = _arguments(entry)
    for index, arg in enumerate(args):
        if arg == "-o" and index + 1 < len(args):
            return args[index + 1]
        if arg.startswith("-o") and arg != "-o" and not arg.startswith("-object"):
            return arg[2:]
    return f"{Path(str(entry['file'])).stem}.o" if "-c" in args else None


def _read_entries(path: Path) -> list[dict[str, Any]]:
    try:
        entries = json.loads(path.read_bytes().decode("utf-8", "surrogateescape"))
    except FileNotFoundError as error:
        raise CorpusError(
            "there is no corpus build",
            f"{path} does not exist",
            "build the corpus image, or give --objects the folder of a build",
        ) from error
    except ValueError as error:
        raise _damaged(path, str(error)) from error
    if not isinstance(entries, list) or not all(_is_entry(entry) for entry in entries):
        raise _damaged(path, "it must list entries with directory, file and command")
    return entries


def _is_entry(entry: object) -> bool:
    return isinstance(entry, dict) and isinstance(entry.get("directory"), str) and "file" in entry


def _find_objects(folder: Path, entries: Sequence[dict[str, Any]]) -> Iterator[BuiltObject]:
    recorded = _common_folder(entry["directory"] for entry in entries)
    root = recorded if recorded.is_dir() else folder
    for entry in entries:
        try:
            output = find_output(entry)
        except ValueError as error:
            raise _damaged(folder / COMPILE_COMMANDS, f"{entry['file']}: {error}") from error
        if output is None:
            continue
        name = os.path.relpath(Path(entry["directory"]) / output, recorded)
        # An object outside the build's folder still needs a name below the corpus.
        name = name.replace(f"..{os.sep}", "")
        path = Path(os.path.normpath(Path(entry["directory"]) / output))
        if root != recorded:
            path = root / os.path.relpath(path, recorded)
        yield BuiltObject(name, path, str(entry["file"]).lower().endswith(_ASSEMBLER))


def _common_folder(folders: Iterable[str]) -> Path:
    """Return the folder that holds all others: ninja records one, make one per subfolder."""
    distinct = {os.path.normpath(folder) for folder in folders}
    return Path(os.path.commonpath(distinct)) if distinct else Path()


def _arguments(entry: dict[str, Any]) -> list[str]:
    if isinstance(entry.get("arguments"), list):
        return [str(argument) for argument in entry["arguments"]]
    return shlex.split(str(entry.get("command", "")))


def _damaged(path: Path, reason: str) -> CorpusError:
    return CorpusError(
        "the corpus build is damaged", f"{path}: {reason}", "build the corpus image again"
    )
