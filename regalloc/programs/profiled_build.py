"""Make a corpus of programs: count what each executes at work, then build it by these counts.

The first build has counters; it makes the program's inputs and does the workloads that are marked
for training.  The second is made by the merged counts and has embedded bitcode.  Both lie in the
same folder while they are made, and have the same options, so that the counts fit the code.
"""

from __future__ import annotations

import shutil
import sys
from collections.abc import Sequence
from dataclasses import dataclass, replace
from pathlib import Path

from regalloc.errors import ProgramError, ToolchainError
from regalloc.files import write_json
from regalloc.formats.compile_commands import COMPILE_COMMANDS
from regalloc.formats.corpus import PROFILE_USE
from regalloc.layout import PROFILES, PROGRAM_OBJECTS
from regalloc.programs.build import PLAIN, Built, Unit, build, prepare
from regalloc.programs.corpus_compiler import Additions, write_compilers
from regalloc.programs.definition import Program
from regalloc.programs.lab import Lab, TrialError
from regalloc.programs.shim import SOURCES
from regalloc.programs.work_counts import NOWHERE, take_profile
from regalloc.programs.workload import make_inputs
from regalloc.report.progress import progress

COUNTING_SLOT, EMBEDDED_SLOT = "0", "1"
"""Folders of the builds.  Equally long: see build()."""
PROFILE_SUFFIX = ".profdata"
OBJECTS = "objects"
"""In a program's folder: its objects with embedded bitcode."""
RUNTIME = "lib/clang/*/lib/linux/libclang_rt.regalloc_profile-x86_64.a"


@dataclass(frozen=True)
class ProfiledObject:
    """An object of a program's second build.

    Attributes:
        program: the program's name.
        unit: what the build noted of it.
        path: where it lies.
    """

    program: str
    unit: Unit
    path: Path

    @property
    def name(self) -> str:
        """Return the module's name: the object's path, below the program's name."""
        return f"{self.program}/{self.unit.name}"


def make_corpus(programs: Sequence[Program], lab: Lab, target: Path) -> None:
    """Profile programs and leave their objects, profiles and commands in a folder.

    Args:
        programs: which.
        lab: where they are built and run, with the toolchain as its release.
        target: the folder.

    Raises:
        ProgramError: a program has no source or no workload for training, cannot be built, or
            fails at work.
        ToolchainError: the toolchain takes no profile of generated code.
    """
    (target / PROFILES).mkdir(parents=True, exist_ok=True)
    commands = []
    with progress("instrument", len(programs)) as advance:
        for program in programs:
            profile = target / PROFILES / f"{program.name}{PROFILE_SUFFIX}"
            for made in _collect(program, _build(program, lab, profile), lab):
                place = target / made.name
                place.parent.mkdir(parents=True, exist_ok=True)
                shutil.copyfile(made.path, place)
                commands.append(_describe(made))
            shutil.rmtree(lab.folder(program.name))
            advance()
    write_json(target / COMPILE_COMMANDS, commands)


def _build(program: Program, lab: Lab, profile: Path) -> Built:
    """Return a program's second build, having written the profile that it is made by."""
    _require_training(program)
    folder = lab.folder(program.name)
    try:
        prepare(program, lab)
        counted = _build_by(plan_counting(lab.release), program, lab, COUNTING_SLOT)
        make_inputs(program, counted, lab, sys.executable)
        take_profile(program, counted, lab, profile)
        plan = plan_embedding(lab.release, profile, folder / "build", folder / OBJECTS)
        return _build_by(plan, program, lab, EMBEDDED_SLOT)
    except TrialError as trouble:
        raise ProgramError(
            f"the program {program.name} cannot be a corpus: {trouble.outcome}",
            trouble.details,
            f"correct its program.toml or its code, or leave --corpus-from=program:{program.name} "
            "out",
        ) from trouble


def _require_training(program: Program) -> None:
    if not program.definition.training:
        raise ProgramError(
            f"the program {program.name} has no workload for training",
            f"{len(program.definition.workload)} workloads measure",
            'mark one of another kind in its program.toml: use = "train"',
        )


def plan_counting(toolchain: Path) -> Additions:
    """Return the plan of compilers whose programs count what they execute.

    Args:
        toolchain: folder of the compilers.

    Raises:
        ToolchainError: the toolchain lacks the runtime that writes the counts.
    """
    runtimes = sorted(str(path) for path in toolchain.glob(RUNTIME))
    if not runtimes:
        raise ToolchainError(
            "the compiler takes no profile of the code that it generates",
            f"{toolchain} has no {RUNTIME}",
            "use the toolchain of LLVM 19, relinked",
        )
    flags = ("-mllvm", f"-regalloc-profile-generate={NOWHERE}")
    # Whatever -x comes before does not count for these.
    # A profile holds an executable's identity, which would be another in another folder.
    link = ("-Xlinker", runtimes[0], "-Wl,--build-id=none")
    return Additions(str(toolchain), flags, link)


def plan_embedding(toolchain: Path, profile: Path, tree: Path, objects: Path) -> Additions:
    """Return the plan of compilers that generate code by a profile and embed bitcode.

    Args:
        toolchain: folder of the compilers.
        profile: the merged profile.
        tree: what is built.
        objects: folder that takes the objects.
    """
    # Objects that are in none of the programs that ran are not in the profile.
    quiet = "-Wno-backend-plugin"
    # Where they were built is no part of the modules.
    nowhere = f"-ffile-prefix-map={tree.resolve()}=."
    flags = ("-mllvm", f"{PROFILE_USE}{profile}", quiet, nowhere)
    return Additions(str(toolchain), flags, root=str(tree.resolve()), objects=str(objects))


def _build_by(plan: Additions, program: Program, lab: Lab, slot: str) -> Built:
    """Build a program by compilers that add what a plan says."""
    release = write_compilers(plan, lab.folder(program.name) / f"compilers-{slot}")
    return build(program, replace(lab, release=release), PLAIN, slot)


def _collect(program: Program, built: Built, lab: Lab) -> list[ProfiledObject]:
    """Return the objects that were taken."""
    folder = lab.folder(program.name) / OBJECTS
    units = (unit for unit in built.units.values() if (folder / unit.name).is_file())
    found = [ProfiledObject(program.name, unit, folder / unit.name) for unit in units]
    if not found:
        raise ProgramError(
            f"the build of {program.name} made no object",
            f"{len(built.units)} files were compiled and linked at once",
            "have its program.toml compile to objects: cc -c",
        )
    return found


def _describe(made: ProfiledObject) -> dict[str, object]:
    """Return a compilation database's entry; its folder is the one that stages see."""
    sources = [word for word in made.unit.argv if word.endswith(SOURCES) and word[0] != "-"]
    return {
        "directory": f"/{PROGRAM_OBJECTS}",
        "file": sources[0] if sources else made.unit.name,
        "arguments": list(made.unit.argv),
        "output": made.name,
    }
