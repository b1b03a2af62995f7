"""program.toml: what a program is made of, how it is built and run, and what it must print.

docs/programs.md lists the keys.
"""

from __future__ import annotations

import re
import tomllib
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from itertools import pairwise
from pathlib import Path, PurePosixPath

import msgspec

from regalloc.errors import ProgramError

FILE = "program.toml"
Argv = tuple[str, ...]

BUILD_NAMES = ("cc", "cxx", "cflags", "jobs", "program")
INPUT_NAMES = ("python", "program", "build")
RUN_NAMES = ("build", "program", "inputs")

_NAME = re.compile(r"[A-Za-z0-9][A-Za-z0-9._+-]*")
_SHA256 = re.compile(r"[0-9a-f]{64}")


class Package(msgspec.Struct, frozen=True, forbid_unknown_fields=True, kw_only=True):
    """A tarball of a Debian source package.

    Attributes:
        name: the source package's.
        file: the tarball's name in it.
        sha256: the tarball's.
        leave_out: folders of it that are not unpacked.
    """

    name: str
    file: str
    sha256: str
    leave_out: tuple[str, ...] = ()


class Workload(msgspec.Struct, frozen=True, forbid_unknown_fields=True, kw_only=True):
    """One execution with a fixed input.

    Attributes:
        name: unique in the program.
        run: the command; it starts in a folder of its own.
        stdin: file that it reads, empty for none.
        env: environment beside the fixed one.
        stdout: sha256 of what it must print; empty for what the default build prints.
        files: sha256 of each file it must write, by name; empty for what the default build writes.
    """

    name: str
    run: Argv
    stdin: str = ""
    env: Mapping[str, str] = {}
    stdout: str = ""
    files: Mapping[str, str] = {}


class Definition(msgspec.Struct, frozen=True, forbid_unknown_fields=True, kw_only=True):
    """A whole program.toml.

    Attributes:
        name: the program's, by which results name it.
        kind: what kind of program it is.
        package: where its code comes from; or
        folder: where its code lies, relative to program.toml.
        prepare: commands that run once, before both builds, as the first build.
        build: commands that run once for each build, in a copy of the source.
        binaries: the executables whose code is measured, relative to the source.
        inputs: commands that make input files, once, with the default build, in a folder of theirs.
        workload: what is executed.
    """

    name: str
    kind: str
    build: tuple[Argv, ...]
    binaries: tuple[str, ...]
    workload: tuple[Workload, ...]
    package: Package | None = None
    folder: str = ""
    prepare: tuple[Argv, ...] = ()
    inputs: tuple[Argv, ...] = ()


@dataclass(frozen=True)
class Program:
    """A program and the folder that describes it.

    Attributes:
        folder: where program.toml lies.
        definition: what is in it.
    """

    folder: Path
    definition: Definition

    @property
    def name(self) -> str:
        """Return the program's name."""
        return self.definition.name

    @property
    def origin(self) -> str:
        """Return where the code comes from, in words."""
        package = self.definition.package
        return f"Debian source {package.file}" if package else f"folder {self.definition.folder}"


def find_programs(*folders: Path) -> tuple[Program, ...]:
    """Return the programs in the subfolders of some folders, sorted by name.

    Raises:
        ProgramError: one of them cannot be used, or two have the same name.
    """
    paths = [path for folder in folders for path in sorted(folder.glob(f"*/{FILE}"))]
    programs = sorted((read_program(path.parent) for path in paths), key=lambda one: one.name)
    for one, other in pairwise(programs):
        if one.name == other.name:
            raise ProgramError(
                f"two programs are called {one.name!r}",
                f"{one.folder / FILE}\n{other.folder / FILE}",
                "give one of them another name",
            )
    return tuple(programs)


def read_program(folder: Path) -> Program:
    """Read a program.toml.

    Raises:
        ProgramError: it is missing, does not parse, or has a key or value that does not fit.
    """
    path = folder / FILE
    try:
        content = tomllib.loads(path.read_text(encoding="utf-8"))
        definition = msgspec.convert(content, Definition)
        for problem in _problems(definition):
            raise ValueError(problem)
    except OSError as error:
        raise ProgramError(
            f"{path} cannot be read",
            str(error.strerror),
            f"name a folder with a {FILE} in it; docs/programs.md lists its keys",
        ) from error
    except ValueError as error:
        # Of tomllib, of the decoding, of msgspec, and ours.
        raise ProgramError(
            f"{path} does not fit", str(error), "docs/programs.md lists the keys and what they take"
        ) from error
    return Program(folder, definition)


def fill(argv: Argv, values: Mapping[str, str]) -> Argv:
    """Return a command with its placeholders replaced.

    Raises:
        KeyError: a placeholder has no value.
        ValueError: a brace stands alone; ``{{`` is a brace that is meant.
    """
    return tuple(word.format_map(values) for word in argv)


def _problems(definition: Definition) -> Iterable[str]:
    """Yield what is wrong beyond types, as ``what - at `where```."""
    if not _NAME.fullmatch(definition.name):
        yield f"`{definition.name}` is no name of letters, digits and any of ._+- - at `$.name`"
    if bool(definition.package) == bool(definition.folder):
        yield "one of `package` and `folder` is needed, and not both"
    if definition.package:
        yield from _check_hash(definition.package.sha256, "$.package.sha256")
    for key in ("build", "binaries", "workload"):
        if not getattr(definition, key):
            yield f"at least one is needed - at `$.{key}`"
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


def _check_workload(workload: Workload, where: str) -> Iterable[str]:
    if not _NAME.fullmatch(workload.name):
        yield f"`{workload.name}` is no name of letters, digits and any of ._+- - at `{where}.name`"
    yield from _check_argv(workload.run, RUN_NAMES, f"{where}.run")
    yield from _check_argv((workload.stdin,), RUN_NAMES, f"{where}.stdin")
    if workload.stdout:
        yield from _check_hash(workload.stdout, f"{where}.stdout")
    for name, sha256 in workload.files.items():
        yield from _check_inside(name, f"{where}.files")
        if sha256:
            yield from _check_hash(sha256, f"{where}.files[{name!r}]")


def _check_argv(argv: Argv, names: Iterable[str], where: str) -> Iterable[str]:
    if not argv:
        yield f"a command has at least one word - at `{where}`"
    known = ", ".join(f"{{{name}}}" for name in names)
    try:
        fill(argv, dict.fromkeys(names, ""))
    except KeyError as error:
        yield f"there is no placeholder {{{error.args[0]}}} here, only {known} - at `{where}`"
    except (ValueError, IndexError, AttributeError) as error:
        yield f"{error}: write {{{{ for a brace, or one of {known} - at `{where}`"


def _check_hash(text: str, where: str) -> Iterable[str]:
    if not _SHA256.fullmatch(text):
        yield f"a sha256 has 64 hexadecimal digits - at `{where}`"


def _check_inside(text: str, where: str) -> Iterable[str]:
    path = PurePosixPath(text)
    if path.is_absolute() or ".." in path.parts or not path.parts:
        yield f"`{text}` is no path below the folder - at `{where}`"
