"""Read program.toml, and say what does not fit with the place of it."""

from __future__ import annotations

import errno
import re
import tomllib
from collections.abc import Collection, Iterable, Sequence
from itertools import pairwise
from pathlib import Path, PurePosixPath

import msgspec

from regalloc.errors import ProgramError
from regalloc.layout import PROGRAM_DEFINITION
from regalloc.programs.definition import (
    BUILD_NAMES,
    INPUT_NAMES,
    RUN_NAMES,
    Argv,
    Definition,
    Package,
    Program,
    Workload,
    fill,
)

_NAME = re.compile(r"[A-Za-z0-9][A-Za-z0-9._+-]*")
_PACKAGE = re.compile(r"[a-z0-9][a-z0-9.+-]+")
_TARBALL = re.compile(r"[A-Za-z0-9][A-Za-z0-9.+~_-]*")
_VARIABLE = re.compile(r"[A-Za-z_][A-Za-z0-9_]*")
_MOST_BYTES = 1 << 20
_SHA256 = re.compile(r"[0-9a-f]{64}")


def find_programs(*folders: Path) -> tuple[Program, ...]:
    """Return the programs in the subfolders of some folders, sorted by name.

    Raises:
        ProgramError: one of them cannot be used, or two have the same name.
    """
    paths = [path for folder in folders for path in sorted(folder.glob(f"*/{PROGRAM_DEFINITION}"))]
    programs = sorted((read_program(path.parent) for path in paths), key=lambda one: one.name)
    for one, other in pairwise(programs):
        if one.name == other.name:
            raise ProgramError(
                f"two programs are called {one.name!r}",
                f"{one.folder / PROGRAM_DEFINITION}\n{other.folder / PROGRAM_DEFINITION}",
                "give one of them another name",
            )
    return tuple(programs)


def select_programs(programs: Sequence[Program], names: Collection[str]) -> tuple[Program, ...]:
    """Return the programs of some names, or all if none is named.

    Raises:
        ProgramError: there is no program of a name.
    """
    known = [program.name for program in programs]
    if unknown := [name for name in names if name not in known]:
        raise ProgramError(
            f"there is no program {unknown[0]!r}",
            f"Programs.names selects {', '.join(names)}; there are {', '.join(known)}",
            "correct Programs.names, or add the folder of your own program: --program=DIR",
        )
    return tuple(program for program in programs if not names or program.name in names)


def read_program(folder: Path) -> Program:
    """Read a program.toml.

    Raises:
        ProgramError: it is missing, does not parse, or has a key or value that does not fit.
    """
    path = folder / PROGRAM_DEFINITION
    try:
        content = tomllib.loads(_read_text(path))
        definition = msgspec.convert(content, Definition)
        for problem in _problems(definition):
            raise ValueError(problem)
    except OSError as error:
        raise ProgramError(
            f"{path} cannot be read",
            str(error.strerror),
            f"name a folder with a {PROGRAM_DEFINITION} in it; docs/programs.md lists its keys",
        ) from error
    except (ValueError, RecursionError) as error:
        # Of tomllib, of the decoding, of msgspec, and ours.
        raise ProgramError(
            f"{path} does not fit", str(error), "docs/programs.md lists the keys and what they take"
        ) from error
    return Program(folder, definition)


def _read_text(path: Path) -> str:
    """Return the content of a regular file.

    Raises:
        OSError: it is none, or cannot be read.
        ValueError: it is no UTF-8, or too long for what it should be.
    """
    # A pipe would have whoever opens it wait for a writer.
    if path.exists() and not path.is_file():
        raise OSError(errno.EINVAL, "it is no regular file")
    with path.open("rb") as file:
        content = file.read(_MOST_BYTES + 1)
    if len(content) > _MOST_BYTES:
        raise ValueError(f"it has more than {_MOST_BYTES} bytes")
    return content.decode()


def _problems(definition: Definition) -> Iterable[str]:
    """Yield what is wrong beyond types, as ``what - at `where```."""
    if not _NAME.fullmatch(definition.name):
        yield f"`{definition.name}` is no name of letters, digits and any of ._+- - at `$.name`"
    if bool(definition.package) == bool(definition.folder):
        yield "one of `package` and `folder` is needed, and not both"
    if definition.package:
        yield from _check_package(definition.package)
    elif definition.folder != ".":
        yield from _check_inside(definition.folder, "$.folder")
    for key in ("build", "binaries", "workload"):
        if not getattr(definition, key):
            yield f"at least one is needed - at `$.{key}`"
    if not definition.measured:
        yield 'at least one with `use = "measure"` is needed - at `$.workload`'
    for path in definition.binaries:
        yield from _check_inside(path, "$.binaries")
    for key, names in (("prepare", BUILD_NAMES), ("build", BUILD_NAMES), ("inputs", INPUT_NAMES)):
        for number, argv in enumerate(getattr(definition, key)):
            yield from _check_argv(argv, names, f"$.{key}[{number}]")
    seen = [workload.name for workload in definition.workload]
    for number, workload in enumerate(definition.workload):
        if workload.name in seen[:number]:
            yield f"`{workload.name}` was there before - at `$.workload[{number}].name`"
        yield from _check_workload(workload, f"$.workload[{number}]")


def _check_package(package: Package) -> Iterable[str]:
    if not _PACKAGE.fullmatch(package.name):
        yield f"`{package.name}` is no name of a source package - at `$.package.name`"
    if not _TARBALL.fullmatch(package.file):
        yield f"`{package.file}` is no name of a tarball - at `$.package.file`"
    yield from _check_hash(package.sha256, "$.package.sha256")
    for path in package.leave_out:
        yield from _check_inside(path, "$.package.leave_out")


def _check_workload(workload: Workload, where: str) -> Iterable[str]:
    if not _NAME.fullmatch(workload.name):
        yield f"`{workload.name}` is no name of letters, digits and any of ._+- - at `{where}.name`"
    yield from _check_argv(workload.run, RUN_NAMES, f"{where}.run")
    yield from _check_argv((workload.stdin,), RUN_NAMES, f"{where}.stdin")
    for name, value in workload.env.items():
        if not _VARIABLE.fullmatch(name) or "\0" in value:
            yield f"`{name}` is no variable with a value - at `{where}.env`"
    if workload.stdout:
        yield from _check_hash(workload.stdout, f"{where}.stdout")
    for name, sha256 in workload.files.items():
        yield from _check_inside(name, f"{where}.files")
        if sha256:
            yield from _check_hash(sha256, f"{where}.files[{name!r}]")


def _check_argv(argv: Argv, names: Iterable[str], where: str) -> Iterable[str]:
    if not argv:
        yield f"a command has at least one word - at `{where}`"
    if any("\0" in word for word in argv):
        yield f"a word holds a NUL - at `{where}`"
    known = ", ".join(f"{{{name}}}" for name in names)
    try:
        fill(argv, dict.fromkeys(names, ""))
    except KeyError as error:
        yield f"there is no placeholder {{{error.args[0]}}} here, only {known} - at `{where}`"
    except ValueError as error:
        yield f"{error}: write {{{{ for a brace, or one of {known} - at `{where}`"


def _check_hash(text: str, where: str) -> Iterable[str]:
    if not _SHA256.fullmatch(text):
        yield f"a sha256 has 64 hexadecimal digits - at `{where}`"


def _check_inside(text: str, where: str) -> Iterable[str]:
    path = PurePosixPath(text)
    if path.is_absolute() or ".." in path.parts or not path.parts or "\0" in text:
        yield f"`{text}` is no path below the folder - at `{where}`"
