"""Build a program by one way to call the compiler, or by two of them, object by object."""

from __future__ import annotations

import math
import shlex
import shutil
import sys
from collections.abc import Collection, Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path

import msgspec

from regalloc.compiler.processes import Place
from regalloc.files import hash_file
from regalloc.formats.elf import measure_text
from regalloc.programs import shim
from regalloc.programs.definition import Argv, Program, fill
from regalloc.programs.lab import ENVIRONMENT, Lab, TrialError
from regalloc.programs.source import lay_out
from regalloc.report.programs_result import Compiler

CFLAGS = "-O2"
LANGUAGES = ("cc", "cxx")

COMPILERS: Mapping[Compiler, Mapping[str, str]] = {
    "clang": {"cc": "clang", "cxx": "clang++"},
    "regalloc-clang": {"cc": "regalloc-clang", "cxx": "regalloc-clang++"},
}
# A flag for the code generator says nothing to a link, which is no reason for a warning.
_LET, _END = "--start-no-unused-arguments", "--end-no-unused-arguments"
_SHIM = """\
#!/bin/sh
exec {command} "$@"
"""


@dataclass(frozen=True)
class Recipe:
    """How the compiler is called.

    Attributes:
        compiler: which of the release's.
        flags: what it is told before the program's own words.
    """

    compiler: Compiler
    flags: tuple[str, ...] = ()

    def command(self, language: str, release: Path) -> Argv:
        """Return the first words of a compile.

        Args:
            language: ``cc`` or ``cxx``.
            release: folder of the toolchain.
        """
        compiler = str(release / "bin" / COMPILERS[self.compiler][language])
        return (compiler, _LET, *self.flags, _END) if self.flags else (compiler,)


PLAIN = Recipe("clang")
"""The default's: what configures a program is compiled by it as well."""


@dataclass(frozen=True)
class Mixture:
    """Two recipes for one build.

    Attributes:
        base: how all other objects are compiled, and the program is linked.
        variant: how some objects are compiled.
        names: these objects; None for all.
    """

    base: Recipe
    variant: Recipe
    names: Collection[str] | None = None


class ShimPlan(msgspec.Struct, frozen=True):
    """What the shim is told.

    Attributes:
        root: the tree that is built; objects are named relative to it.
        notes: folder that takes a note for each object.
        base: first words of the command by language.
        variant: the same, for some objects.
        names: these objects; None for all, and for whatever has no object.
    """

    root: str
    notes: str
    base: Mapping[str, Argv]
    variant: Mapping[str, Argv]
    names: Collection[str] | None


class Unit(msgspec.Struct, frozen=True):
    """An object that a build compiled.

    Attributes:
        name: its path in the tree.
        sha256: of its content, right after it was written.
        argv: the compiler's command.
        folder: where that ran.
        cpu_s: processor seconds, user and system, that it took.
    """

    name: str
    sha256: str
    argv: Argv
    folder: str
    cpu_s: float


@dataclass(frozen=True)
class Built:
    """A build that ended well.

    Attributes:
        folder: the built tree.
        units: its objects by name.
        binaries: its executables.
    """

    folder: Path
    units: Mapping[str, Unit]
    binaries: tuple[Path, ...]

    @property
    def text(self) -> int:
        """Return the bytes of machine code in the executables."""
        return sum(measure_text(path.read_bytes()) for path in self.binaries)

    @property
    def compile_s(self) -> float:
        """Return the processor seconds of all compiles."""
        return math.fsum(unit.cpu_s for unit in self.units.values())


def prepare(program: Program, lab: Lab) -> None:
    """Lay out a program's source and run what both builds share.

    Raises:
        ProgramError: the source is not there.
        TrialError: a command failed.
    """
    folder = lab.folder(program.name)
    folder.mkdir(parents=True)
    for language in LANGUAGES:
        _write_shim(folder, language)
    lay_out(program, lab.tarballs, folder / "build")
    _plan(lab, folder, Mixture(PLAIN, PLAIN))
    _run_all(program.definition.prepare, program, lab)
    (folder / "build").rename(folder / "source")


def build(program: Program, lab: Lab, recipe: Recipe | Mixture, slot: str) -> Built:
    """Build a prepared program.

    All builds happen in one folder, so that paths in the code are the same, and are moved then.

    Args:
        program: what is built.
        lab: where.
        recipe: how.
        slot: name of the folder that the built tree goes to; all as long, because the length
            of a command moves the stack.

    Raises:
        TrialError: a command failed, or an executable is not there.
    """
    mixture = recipe if isinstance(recipe, Mixture) else Mixture(recipe, recipe)
    folder = lab.folder(program.name)
    tree, target = folder / "build", folder / slot
    shutil.copytree(folder / "source", tree, symlinks=True)
    try:
        notes = _plan(lab, folder, mixture)
        _run_all(program.definition.build, program, lab)
        shutil.rmtree(target, ignore_errors=True)
        tree.rename(target)
    finally:
        shutil.rmtree(tree, ignore_errors=True)
    binaries = tuple(target / name for name in program.definition.binaries)
    for name, path in zip(program.definition.binaries, binaries, strict=True):
        _check_binary(name, path)
    units = sorted(_read_notes(notes), key=lambda unit: unit.name)
    return Built(target, {unit.name: unit for unit in units}, binaries)


def find_differing(one: Built, other: Built) -> list[str]:
    """Return the names of the objects whose content differs, sorted."""
    names = sorted({*one.units, *other.units})
    return [name for name in names if _hash(one, name) != _hash(other, name)]


def have_same_code(one: Built, other: Built) -> bool:
    """Return whether two builds have the same executables, byte for byte."""
    pairs = zip(one.binaries, other.binaries, strict=True)
    return all(hash_file(mine) == hash_file(its) for mine, its in pairs)


def _run_all(commands: tuple[Argv, ...], program: Program, lab: Lab) -> None:
    folder = lab.folder(program.name)
    values = {
        "cc": str(folder / "cc"),
        "cxx": str(folder / "cxx"),
        "cflags": CFLAGS,
        "jobs": str(lab.jobs),
        "program": str(program.folder),
    }
    for argv in commands:
        place = Place(folder / "build", ENVIRONMENT, folder / "stderr", folder / "stdout")
        lab.run(fill(argv, values), place, "build failed")


def _plan(lab: Lab, folder: Path, mixture: Mixture) -> Path:
    """Tell the shim what to do, and return the folder that takes its notes."""
    notes = folder / "notes"
    shutil.rmtree(notes, ignore_errors=True)
    notes.mkdir()
    base, variant = (
        {language: recipe.command(language, lab.release) for language in LANGUAGES}
        for recipe in (mixture.base, mixture.variant)
    )
    tree = str((folder / "build").resolve())
    content = ShimPlan(tree, str(notes), base, variant, mixture.names)
    (folder / "plan.json").write_bytes(msgspec.json.encode(content))
    return notes


def _write_shim(folder: Path, language: str) -> None:
    command = (sys.executable, "-I", "-S", shim.__file__, str(folder / "plan.json"), language)
    path = folder / language
    path.write_text(_SHIM.format(command=shlex.join(command)), encoding="utf-8")
    path.chmod(0o755)


def _read_notes(notes: Path) -> Iterator[Unit]:
    for path in notes.iterdir():
        yield msgspec.json.decode(path.read_bytes(), type=Unit)


def _check_binary(name: str, path: Path) -> None:
    try:
        measure_text(path.read_bytes())
    except (OSError, ValueError) as error:
        raise TrialError("build failed", f"the build left no executable {name}: {error}") from error


def _hash(built: Built, name: str) -> str:
    return built.units[name].sha256 if name in built.units else ""
