"""program.toml: what a program is made of, how it is built and run, and what it must print.

docs/programs.md lists the keys.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Literal

import msgspec

Argv = tuple[str, ...]

Use = Literal["train", "measure"]
"""What a workload is for: a profile to train with, or the counts that builds are compared by."""

BUILD_NAMES = ("cc", "cxx", "cflags", "jobs", "program")
INPUT_NAMES = ("python", "program", "build")
RUN_NAMES = ("build", "program", "inputs")


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
        use: what it is for; one that trains is executed and checked, and not counted.
        stdin: file that it reads, empty for none.
        env: environment beside the fixed one.
        stdout: sha256 of what it must print; empty for what the default build prints.
        files: sha256 of each file it must write, by name; empty for what the default build writes.
    """

    name: str
    run: Argv
    use: Use = "measure"
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
        prepare: commands that run once, before all builds, as the default build.
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

    @property
    def measured(self) -> tuple[Workload, ...]:
        """Return the workloads that are counted and timed."""
        return tuple(workload for workload in self.workload if workload.use == "measure")

    @property
    def training(self) -> tuple[Workload, ...]:
        """Return the workloads that are there to be profiled."""
        return tuple(workload for workload in self.workload if workload.use == "train")


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


_BRACES = re.compile(r"\{\{|\}\}|\{([a-z_]+)\}|[{}]")


def fill(argv: Argv, values: Mapping[str, str]) -> Argv:
    """Return a command with its placeholders replaced: names in braces, and nothing else.

    Raises:
        KeyError: a placeholder has no value.
        ValueError: a brace stands alone; ``{{`` is a brace that is meant.
    """

    def replaced(found: re.Match[str]) -> str:
        if found[1] is not None:
            return values[found[1]]
        if len(found[0]) == 1:
            raise ValueError(f"`{found[0]}` stands alone")
        return found[0][0]

    return tuple(_BRACES.sub(replaced, word) for word in argv)
