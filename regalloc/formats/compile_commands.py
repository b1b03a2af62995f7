"""Read ``compile_commands.json``: which objects a build made, and where they lie now.

CMake, ninja, Bear and others write it, and differ: in what ``output`` is relative to, in whether
links and archives have entries, in what is left to response files.
"""

from __future__ import annotations

import os
import re
import shlex
from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from hashlib import sha256
from pathlib import Path
from typing import Any, Literal

from regalloc.errors import CorpusError
from regalloc.files import read_json

COMPILE_COMMANDS = "compile_commands.json"

LeftOut = Literal[
    "assembler source", "compiles to no object", "no file of the build", "response file is missing"
]
"""Why what an entry makes is no object that could hold bitcode."""

_ASSEMBLER = (".s", ".asm", ".sx")
_LONGEST = 200
"""Most bytes of a name between two slashes; suffixes come behind it."""
_RESPONSE_BYTES = 1 << 20
_RESPONSE_DEPTH = 8
# Surrogates but for those that stand for single bytes are in no path.
_UNFIT = re.compile("[%\x00-\x1f\x7f\ud800-\udc7f\udd00-\udfff]")


@dataclass(frozen=True)
class BuiltObject:
    """What an entry of the corpus build makes.

    Attributes:
        name: the module's name: its path in the build, with ``%`` and two digits for characters
            that no name has, and for the dots of a folder above the build.
        path: where it lies.
        left_out: why it can never become a module, or None.
    """

    name: str
    path: Path
    left_out: LeftOut | None = None


@dataclass(frozen=True)
class _Made:
    """What an entry makes: an absolute path as it was recorded, or an unreal one, and its fate."""

    path: Path
    left_out: LeftOut | None


def read_objects(folder: Path) -> tuple[BuiltObject, ...]:
    """Return what a build made, sorted by name, each once.

    A build may have been moved since, as into an image: objects that are not where the commands
    say are looked for below ``folder``, at the end of their paths that most of them are found by.

    Args:
        folder: of the build, with its database; response files in it are read.

    Raises:
        CorpusError: the database is missing, does not parse, or names no object.
    """
    entries = _read_entries(folder / COMPILE_COMMANDS)
    # Of two entries of one name, the one that may become a module.
    found = sorted(_find_objects(folder.absolute(), entries), key=lambda one: one.left_out is None)
    objects = {one.name: one for one in found}
    if all(one.left_out == "compiles to no object" for one in objects.values()):
        raise CorpusError(
            "the corpus build made no object",
            f"{folder / COMPILE_COMMANDS} has {len(entries)} entries",
            "build the corpus image again",
        )
    return tuple(objects[name] for name in sorted(objects))


def find_output(entry: dict[str, Any], arguments: Sequence[str]) -> str | None:
    """Return the object that an entry makes, relative to its directory, or None if it makes none.

    Args:
        entry: of the database.
        arguments: its command, without response files.
    """
    said = str(entry["output"]) if isinstance(entry.get("output"), str) else None
    if not ("command" in entry or "arguments" in entry):
        return said
    if "-c" not in arguments:
        return None
    written = _written(arguments)
    if said is None:
        return written or f"{Path(str(entry['file'])).stem}.o"
    # CMake's makefiles count `output` from the top of the build, whatever the directory is.
    above = Path(said.removesuffix(f"/{written}")).parts
    from_top = written != said and Path(entry["directory"]).parts[-len(above) :] == above
    return written if from_top else said


def _written(arguments: Sequence[str]) -> str | None:
    """Return what ``-o`` names."""
    for index, argument in enumerate(arguments):
        if argument == "-o" and index + 1 < len(arguments):
            return arguments[index + 1]
        if argument.startswith("-o") and argument != "-o" and not argument.startswith("-object"):
            return argument[2:]
    return None


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
    # A relative directory is one of the database's.
    return [{**one, "directory": str(path.parent / one["directory"])} for one in entries]


def _is_entry(entry: object) -> bool:
    return isinstance(entry, dict) and all(
        isinstance(entry.get(key), str) for key in ("directory", "file")
    )


def _find_objects(folder: Path, entries: Sequence[dict[str, Any]]) -> Iterator[BuiltObject]:
    made = [_find_made(folder, entry) for entry in entries]
    real = [one.path for one in made if one.left_out in (None, "assembler source")]
    recorded = _common_folder(
        entry["directory"] for entry, one in zip(entries, made, strict=True) if one.path in real
    )
    moved_from = _moved_from(folder, recorded, real)
    for one in made:
        where = one.path
        if moved_from is not None and one.left_out is None:
            where = folder / os.path.relpath(one.path, moved_from)
        left_out = one.left_out
        # What was written elsewhere and is gone was a step on the way.
        if left_out is None and not where.is_file() and not one.path.is_relative_to(recorded):
            left_out = "no file of the build"
        yield BuiltObject(name_module(os.path.relpath(one.path, recorded)), where, left_out)


def name_module(path: str) -> str:
    """Return the name of the module at a path in the build; two paths have two names.

    Args:
        path: relative, with ``..`` at its beginning alone.
    """
    return "/".join(map(_name_part, path.split("/")))


def _name_part(part: str) -> str:
    if part == "..":
        return "%2e%2e"
    name = _UNFIT.sub(lambda found: f"%{ord(found[0]):02x}", part)
    encoded = name.encode("utf-8", "surrogateescape")
    if len(encoded) <= _LONGEST:
        return name
    # A percent sign without two digits is in no other name.
    digest = sha256(encoded).hexdigest()[:16]
    return f"{encoded[: _LONGEST - 18].decode('utf-8', 'surrogateescape')}%-{digest}"


def _find_made(folder: Path, entry: dict[str, Any]) -> _Made:
    directory = Path(entry["directory"])
    source = Path(os.path.normpath(directory / str(entry["file"])))
    try:
        arguments = list(_expand(_arguments(entry), directory, folder))
    except FileNotFoundError:
        return _Made(source, "response file is missing")
    except ValueError as error:
        raise _damaged(folder / COMPILE_COMMANDS, f"{entry['file']}: {error}") from error
    output = find_output(entry, arguments)
    if output is None:
        return _Made(source, "compiles to no object")
    path = Path(os.path.normpath(directory / output))
    if path.is_relative_to("/dev") or output == "-":
        return _Made(source, "no file of the build")
    assembler = source.name.lower().endswith(_ASSEMBLER)
    return _Made(path, "assembler source" if assembler else None)


def _expand(
    arguments: Iterable[str], directory: Path, folder: Path, depth: int = 0
) -> Iterator[str]:
    """Yield arguments with those that response files hold in their places.

    Raises:
        FileNotFoundError: there is no such response file in the build.
        ValueError: one does not parse, or they name each other without end.
    """
    for argument in arguments:
        if not argument.startswith("@") or argument == "@":
            yield argument
            continue
        if depth == _RESPONSE_DEPTH:
            raise ValueError(f"response files are more than {_RESPONSE_DEPTH} deep in each other")
        inner = shlex.split(_read_response(directory / argument[1:], folder))
        yield from _expand(inner, directory, folder, depth + 1)


def _read_response(named: Path, folder: Path) -> str:
    """Return the content of a response file, where it was or below a build that was moved."""
    tails = (named.parts[start:] for start in range(1, len(named.parts)))
    root = folder.resolve()
    for path in (named, *(folder.joinpath(*tail) for tail in tails)):
        # The database may name any file; those of the build are its own.
        found = path.resolve()
        if found.is_relative_to(root) and found.is_file():
            if found.stat().st_size > _RESPONSE_BYTES:
                raise ValueError(f"{found} has more than {_RESPONSE_BYTES} bytes")
            return found.read_bytes().decode("utf-8", "surrogateescape")
    raise FileNotFoundError(named)


def _moved_from(folder: Path, recorded: Path, paths: Sequence[Path]) -> Path | None:
    """Return the folder that `folder` was when the build was made, None if nothing was moved.

    It is the one below which most objects are found, and of equals the nearest to them.  Where none
    is found at all, the common folder of the commands stands for it, and what is missing is for the
    extraction to name.
    """
    if recorded == folder or any(path.is_relative_to(folder) and path.is_file() for path in paths):
        return None
    found = Counter(
        above
        for path in paths
        # The root is no build: everything would lie below it.
        for above in path.parents[:-1]
        if (folder / path.relative_to(above)).is_file()
    )
    if not found:
        return recorded
    return max(found, key=lambda above: (found[above], len(above.parts)))


def _common_folder(folders: Iterable[str]) -> Path:
    """Return the folder that holds all others: ninja records one, make one per subfolder."""
    distinct = {os.path.normpath(folder) for folder in folders}
    return Path(os.path.commonpath(distinct)) if distinct else Path()


def _arguments(entry: dict[str, Any]) -> list[str]:
    """Return an entry's command as words, parsed as a shell would parse it."""
    if isinstance(entry.get("arguments"), list):
        return [str(argument) for argument in entry["arguments"]]
    return shlex.split(str(entry.get("command", "")))


def _damaged(path: Path, reason: str) -> CorpusError:
    return CorpusError(
        "the corpus build is damaged", f"{path}: {reason}", "build the corpus image again"
    )
