"""Build a program with the advisor off, on, or on for some objects only."""

from __future__ import annotations

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

CFLAGS = "-O2"
NOTHING: Collection[str] = ()
EVERYTHING = None

COMPILERS = {
    "default": {"cc": "clang", "cxx": "clang++"},
    "policy": {"cc": "regalloc-clang", "cxx": "regalloc-clang++"},
}
_SHIM = """\
#!/bin/sh
exec {command} "$@"
"""


class ShimPlan(msgspec.Struct, frozen=True):
    """What the shim is told.

    Attributes:
        root: the tree that is built; objects are named relative to it.
        notes: folder that takes a note for each object.
        default: paths of the compilers with the advisor off.
        policy: the same with it on.
        advised: objects compiled with the advisor on; None for all.
    """

    root: str
    notes: str
    default: Mapping[str, str]
    policy: Mapping[str, str]
    advised: Collection[str] | None


class Unit(msgspec.Struct, frozen=True):
    """An object that a build compiled.

    Attributes:
        name: its path in the tree.
        sha256: of its content, right after it was written.
        argv: the compiler's command.
        folder: where that ran.
    """

    name: str
    sha256: str
    argv: Argv
    folder: str


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


def prepare(program: Program, lab: Lab) -> None:
    """Lay out a program's source and run what both builds share.

    Raises:
        ProgramError: the source is not there.
        TrialError: a command failed.
    """
    folder = lab.folder(program.name)
    folder.mkdir(parents=True)
    for language in ("cc", "cxx"):
        _write_shim(folder, language)
    lay_out(program, lab.tarballs, folder / "build")
    _plan(lab, folder, NOTHING)
    _run_all(program.definition.prepare, program, lab)
    (folder / "build").rename(folder / "source")


def build(program: Program, lab: Lab, advised: Collection[str] | None, label: str) -> Built:
    """Build a prepared program.

    All builds happen in one folder, so that paths in the code are the same, and are moved then.

    Args:
        program: what is built.
        lab: where.
        advised: objects for which the advisor is on; ``NOTHING``, ``EVERYTHING``, or some.
        label: name of the folder that the built tree goes to; all as long, because the length
            of a command moves the stack.

    Raises:
        TrialError: a command failed, or an executable is not there.
    """
    folder = lab.folder(program.name)
    tree, target = folder / "build", folder / label
    shutil.copytree(folder / "source", tree, symlinks=True)
    try:
        notes = _plan(lab, folder, advised)
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


def find_differing(default: Built, policy: Built) -> list[str]:
    """Return the names of the objects whose content differs, sorted."""
    names = sorted({*default.units, *policy.units})
    return [name for name in names if _hash(default, name) != _hash(policy, name)]


def have_same_code(default: Built, policy: Built) -> bool:
    """Return whether two builds have the same executables, byte for byte."""
    pairs = zip(default.binaries, policy.binaries, strict=True)
    return all(hash_file(one) == hash_file(other) for one, other in pairs)


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


def _plan(lab: Lab, folder: Path, advised: Collection[str] | None) -> Path:
    """Tell the shim what to do, and return the folder that takes its notes."""
    notes = folder / "notes"
    shutil.rmtree(notes, ignore_errors=True)
    notes.mkdir()
    compilers = {
        build: {language: str(lab.release / "bin" / name) for language, name in names.items()}
        for build, names in COMPILERS.items()
    }
    tree = str((folder / "build").resolve())
    content = ShimPlan(tree, str(notes), compilers["default"], compilers["policy"], advised)
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
