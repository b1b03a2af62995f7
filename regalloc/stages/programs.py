"""Measure real programs, compiled by the release with the advisor off and on.

Counts come from a simulated processor and repeat exactly; times come from this machine and do not.
Every execution's output is checked: a policy that makes a program wrong is a miscompile.
"""

from __future__ import annotations

import shutil
from collections.abc import Sequence
from pathlib import Path

from regalloc import layout, settings
from regalloc.compiler.toolchain import open_toolchain
from regalloc.errors import MiscompileError, ProgramError, ToolchainError
from regalloc.files import hash_file
from regalloc.programs.build import COMPILERS
from regalloc.programs.cachegrind import find_valgrind
from regalloc.programs.lab import Lab
from regalloc.programs.reading import find_programs, select_programs
from regalloc.programs.session import MeasuredCompiler, measure_programs
from regalloc.report import programs_result as report
from regalloc.stages.context import StageContext

DEFINITIONS = "definitions"
TARBALLS = "tarballs"
"""Folders of the image programs, below :attr:`StageContext.programs`."""


def run(context: StageContext) -> None:
    """Write ``programs.json``, and a reproducer for each program that the policy breaks.

    Raises:
        ProgramError: a program.toml cannot be used, no program has a name that is selected,
            valgrind is missing, or a program fails with the advisor off too.
        ToolchainError: the release's compilers are missing.
        MiscompileError: a program is right with the advisor off and wrong with it on.
    """
    config = context.settings.get(settings.Programs)
    folder = context.folder(layout.PROGRAMS)
    release = open_release(context.folder(layout.RELEASE))
    found = find_programs(context.programs / DEFINITIONS, context.folder(layout.OWN_PROGRAMS))
    programs = select_programs(found, config.names)
    lab = Lab(
        # In a container /tmp is memory.
        scratch=folder / layout.PROGRAMS_SCRATCH,
        release=release.toolchain.path,
        tarballs=context.programs / TARBALLS,
        limits=settings.Limits(wall_s=config.wall_s, memory_mb=config.memory_mb, attempts=1),
        jobs=context.jobs,
    )
    valgrind = find_valgrind()
    try:
        content = measure_programs(
            programs, lab, release, rounds=config.rounds, valgrind=valgrind, folder=folder
        )
    finally:
        lab.processes.kill()
        shutil.rmtree(lab.scratch, ignore_errors=True)
    report.write(content, folder / layout.PROGRAMS_RESULT)
    raise_failures(content.programs, folder)


def open_release(folder: Path) -> MeasuredCompiler:
    """Return the release, which must have compilers with the advisor off and on.

    Raises:
        ToolchainError: one is missing, or clang does not run.
    """
    names = [name for by_language in COMPILERS.values() for name in by_language.values()]
    if missing := [name for name in names if not (folder / "bin" / name).is_file()]:
        raise ToolchainError(
            f"the release has no {missing[0]}",
            f"{folder / 'bin'} lacks {', '.join(missing)}",
            "run invoke release again",
        )
    toolchain = open_toolchain(folder)
    return MeasuredCompiler(toolchain, hash_file(toolchain.clang))


def raise_failures(programs: Sequence[report.ProgramResult], folder: Path) -> None:
    """Fail if a program was miscompiled, or is at fault itself; the others are measured by now.

    Raises:
        MiscompileError: the policy made a program wrong.
        ProgramError: a program fails with the advisor off too.
    """
    if broken := [program for program in programs if program.outcome == "miscompile"]:
        raise MiscompileError(
            f"wrong with the advisor on, right with it off: {_names(broken)}",
            "\n".join(_describe_miscompile(program, folder) for program in broken),
            "do not use this policy's compiler; the reproducers hold both builds, the commands "
            "and both outputs",
        )
    if faulty := [program for program in programs if program.blame == "program"]:
        raise ProgramError(
            f"cannot be measured, because they fail with the advisor off too: {_names(faulty)}",
            "\n".join(f"{one.name}: {one.outcome}\n{one.details}" for one in faulty),
            "correct their program.toml, or their code; the other programs' results are in "
            f"{folder / layout.PROGRAMS_RESULT}",
        )


def _describe_miscompile(program: report.ProgramResult, folder: Path) -> str:
    blamed = ", ".join(program.culprits) or "no object could be singled out"
    return (
        f"{program.name}: {program.details}\nobjects to blame: {blamed}\n"
        f"reproducer: {folder / (program.name + layout.REPRODUCER_SUFFIX)}"
    )


def _names(programs: Sequence[report.ProgramResult]) -> str:
    return ", ".join(program.name for program in programs)
