"""Make a corpus of programs: count what each executes at work, then build it by these counts.

The first build has counters; it makes the program's inputs and does the workloads that are marked
for training.  The second is made by the merged counts and has embedded bitcode.  Both lie in the
same folder while they are made, and have the same options, so that the counts fit the code.
"""

from __future__ import annotations

import shutil
import subprocess
import sys
from collections.abc import Sequence
from dataclasses import dataclass, replace
from pathlib import Path

from regalloc.compiler.processes import Place
from regalloc.errors import ProgramError, ToolchainError
from regalloc.files import write_json
from regalloc.formats.compile_commands import COMPILE_COMMANDS
from regalloc.formats.corpus import PROFILE_USE
from regalloc.layout import PROFILES, PROGRAM_OBJECTS
from regalloc.programs.build import PLAIN, Built, Unit, build, prepare
from regalloc.programs.corpus_compiler import Additions, write_compilers
from regalloc.programs.definition import Program
from regalloc.programs.lab import ENVIRONMENT, Lab, TrialError
from regalloc.programs.merging import merge_command
from regalloc.programs.shim import SOURCES
from regalloc.programs.workload import check, execute, expected_output, make_inputs
from regalloc.report.progress import progress

COUNTING_SLOT, EMBEDDED_SLOT = "0", "1"
"""Folders of the builds.  Equally long: see build()."""
PROFILE_SUFFIX = ".profdata"
OBJECTS = "objects"
"""In a program's folder: its objects with embedded bitcode."""
COUNTS = "counts"
"""In a program's folder: what was counted, a file for each executable."""
RUNTIME = "lib/clang/*/lib/linux/libclang_rt.regalloc_profile-x86_64.a"

_TIMEOUT_S = 600.0


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


def make_corpus(
    programs: Sequence[Program], lab: Lab, steady: Sequence[Path], target: Path
) -> None:
    """Profile programs and leave their objects, profiles and commands in a folder.

    Args:
        programs: which.
        lab: where they are built and run, with the toolchain as its release.
        steady: sources in C that are linked into programs that count, so that addresses in them
            are the same in every run.
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
            for made in _collect(program, _build(program, lab, steady, profile), lab):
                place = target / made.name
                place.parent.mkdir(parents=True, exist_ok=True)
                shutil.copyfile(made.path, place)
                commands.append(_describe(made))
            shutil.rmtree(lab.folder(program.name))
            advance()
    write_json(target / COMPILE_COMMANDS, commands)


def _build(program: Program, lab: Lab, steady: Sequence[Path], profile: Path) -> Built:
    """Return a program's second build, having written the profile that it is made by."""
    folder = lab.folder(program.name)
    try:
        prepare(program, lab)
        counts = folder / COUNTS
        objects = [_compile(source, program, lab) for source in steady]
        plan = plan_counting(lab.release, objects)
        counted = _build_by(plan, program, lab, COUNTING_SLOT)
        make_inputs(program, counted, lab, sys.executable)
        # Tools that the build ran have counted as well, and so has what made the inputs.
        shutil.rmtree(counts, ignore_errors=True)
        _work(program, counted, lab)
        _merge(program, lab.release, counts, profile)
        plan = plan_embedding(lab.release, profile, folder / "build", folder / OBJECTS)
        return _build_by(plan, program, lab, EMBEDDED_SLOT)
    except TrialError as trouble:
        raise ProgramError(
            f"the program {program.name} cannot be a corpus: {trouble.outcome}",
            trouble.details,
            f"correct its program.toml or its code, or leave --corpus-from=program:{program.name} "
            "out",
        ) from trouble


def _compile(source: Path, program: Program, lab: Lab) -> Path:
    """Compile a file of ours that is linked into a program, and return the object."""
    folder = lab.folder(program.name)
    target, place = folder / f"{source.stem}.o", Place(folder, ENVIRONMENT, folder / "stderr")
    clang = str(lab.release / "bin" / "clang")
    argv = (clang, "-O2", "-fno-builtin", "-fPIC", "-c", str(source), "-o", str(target))
    lab.run(argv, place, "build failed")
    return target


def plan_counting(toolchain: Path, steady: Sequence[Path]) -> Additions:
    """Return the plan of compilers whose programs count what they execute.

    Args:
        toolchain: folder of the compilers.
        steady: objects that keep addresses the same in every run.

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
    # Each executable has a file, where its runs are added up. Its name is allocated, and takes the
    # same room wherever programs are built; all that is wanted runs in a folder beside this one.
    flags = ("-mllvm", f"-regalloc-profile-generate=../{COUNTS}/%m.profraw")
    # Whatever -x comes before does not count for these.
    # A profile holds an executable's identity, which would be another in another folder.
    link = ("-Xlinker", runtimes[0], "-Wl,--build-id=none")
    # How often a hash of addresses collides must be no matter of chance.
    linked = (word for path in steady for word in ("-Xlinker", str(path)))
    return Additions(str(toolchain), flags, link, (*linked, "-no-pie", "-Wl,--wrap=main"))


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


def _work(program: Program, counted: Built, lab: Lab) -> None:
    """Do the workloads that are marked for training, and check what they print and write."""
    training = [one for one in program.definition.workload if one.use == "train"]
    if not training:
        raise ProgramError(
            f"the program {program.name} has no workload for training",
            f"{len(program.definition.workload)} workloads measure",
            'mark one of another kind in its program.toml: use = "train"',
        )
    for workload in training:
        run = execute(program, workload, counted, lab, COUNTING_SLOT)
        check(run, expected_output(workload, run))


def _merge(program: Program, toolchain: Path, counts: Path, profile: Path) -> None:
    """Merge the counts of a program's executables; equal counts make equal bytes."""
    files = sorted(path for path in counts.glob("*.profraw") if path.stat().st_size)
    if not files:
        raise ProgramError(
            f"the program {program.name} left no counts",
            "its workloads for training ended without writing any",
            "what counts is written when a program returns from main or calls exit: see that one "
            "does",
        )
    argv = merge_command(toolchain, files, profile)
    try:
        subprocess.run(argv, capture_output=True, text=True, timeout=_TIMEOUT_S, check=True)
    except (OSError, subprocess.SubprocessError) as error:
        said = getattr(error, "stderr", None) or ""
        raise ToolchainError(
            f"the counts of {program.name} cannot be merged",
            f"{error}\n{said.strip()}".strip(),
            "build the llvm image again",
        ) from error


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
