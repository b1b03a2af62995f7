"""Read ``compile_commands.json``: which objects a build made, and where they lie now."""

from __future__ import annotations

import os
import shlex
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from regalloc.errors import CorpusError
from regalloc.files import read_json

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

    A build may have been moved since, as into an image: objects that are not where the commands
    say are looked for at the same place below ``folder``, which stands for the folder that all
    commands ran in, or for one above it.

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
        entries = read_json(path)
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
    made = [
        (Path(os.path.normpath(Path(entry["directory"]) / output)), str(entry["file"]))
        for entry in entries
        if (output := _output(folder, entry)) is not None
    ]
    paths = [path for path, _ in made]
    moved_from = _moved_from(folder, recorded, paths)
    for path, source in made:
        # An object outside the build's folder still needs a name below the corpus.
        name = os.path.relpath(path, recorded).replace(f"..{os.sep}", "")
        where = path if moved_from is None else folder / os.path.relpath(path, moved_from)
        yield BuiltObject(name, where, source.lower().endswith(_ASSEMBLER))


def _output(folder: Path, entry: dict[str, Any]) -> str | None:
    try:
        return find_output(entry)
    except ValueError as error:
        raise _damaged(folder / COMPILE_COMMANDS, f"{entry['file']}: {error}") from error


def _moved_from(folder: Path, recorded: Path, paths: Sequence[Path]) -> Path | None:
    """Return the folder that `folder` was when the build was made, None if nothing was moved.

    The commands may have run in subfolders only, so that it is not the common one of them but one
    above: the nearest below which most objects are found.  Where none is found at all, the common
    one stands for it, and what is missing is for the extraction to name.
    """
    if any(path.is_file() for path in paths) or recorded == folder:
        return None
    # The root is no build: everything would lie below it.
    candidates = [recorded, *(parent for parent in recorded.parents if parent != parent.parent)]

    def found(candidate: Path) -> int:
        below = (path.relative_to(candidate) for path in paths if path.is_relative_to(candidate))
        return sum((folder / path).is_file() for path in below)

    # max() takes the first of equals.
    return max(candidates, key=found)


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
