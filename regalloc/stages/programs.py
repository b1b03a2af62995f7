"""Measure real programs, compiled by the release in each of the ways that are compared.

Counts come from a simulated processor and repeat exactly; times come from this machine and do not.
Every execution's output is checked: a build that alone makes a program wrong is a miscompile.
"""

from __future__ import annotations

import shutil
from collections.abc import Sequence
from pathlib import Path

from regalloc import layout, settings
from regalloc.compiler.toolchain import open_toolchain
from regalloc.errors import MiscompileError, ProgramError, ToolchainError
from regalloc.files import hash_file
from regalloc.formats.trained_on import read_trained_on
from regalloc.programs.build import COMPILERS
from regalloc.programs.cachegrind import find_valgrind
from regalloc.programs.kept import KeptPrograms
from regalloc.programs.lab import Lab
from regalloc.programs.reading import find_programs, select_programs
from regalloc.programs.reproducer import reproducer_folder
from regalloc.programs.session import MeasuredCompiler, MeasurePlan, measure_programs
from regalloc.programs.variants import find_variant, select_variants
from regalloc.report import programs_result as report
from regalloc.stages.context import StageContext

DEFINITIONS = "definitions"
TARBALLS = "tarballs"
"""Folders of the image programs, below :attr:`StageContext.programs`."""


def run(context: StageContext) -> None:
    """Write ``programs.json``, and a reproducer for each build that is wrong.

    Raises:
        ConfigError: there is no variant of a name.
        ProgramError: a program.toml cannot be used, no program has a name that is selected,
            valgrind is missing, or a program's default build fails.
        ToolchainError: the release's compilers are missing.
        PolicyError: what the release's policy was trained on cannot be read.
        MiscompileError: a program is wrong as one variant builds it, and right as its base does.
    """
    config = context.settings.get(settings.Programs)
    plan = MeasurePlan(
        variants=select_variants(config.variants),
        timed={find_variant(name).name for name in config.timed},
        rounds=config.rounds,
    )
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
    kept = KeptPrograms(folder)
    _remove_leftovers(folder)
    try:
        content = measure_programs(
            programs,
            lab,
            release,
            plan,
            valgrind=valgrind,
            folder=folder,
            kept=kept,
            trained_on=read_trained_on(release.toolchain.path / layout.RELEASE_SHARE),
        )
    finally:
        lab.processes.kill()
        shutil.rmtree(lab.scratch, ignore_errors=True)
    report.write(content, folder / layout.PROGRAMS_RESULT)
    kept.remove()
    raise_failures(content.programs, folder)


def _remove_leftovers(folder: Path) -> None:
    """Remove the builds of a killed run, or the results of one that found a program at fault."""
    shutil.rmtree(folder / layout.PROGRAMS_SCRATCH, ignore_errors=True)
    if (folder / layout.PROGRAMS_MEASURED).exists():
        return
    for reproducer in folder.glob(f"*{layout.REPRODUCER_SUFFIX}"):
        shutil.rmtree(reproducer)
    (folder / layout.PROGRAMS_RESULT).unlink(missing_ok=True)


def open_release(folder: Path) -> MeasuredCompiler:
    """Return the release, which must have the compilers of all variants.

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
        MiscompileError: a program is wrong as one variant builds it, and right as its base does.
        ProgramError: a program's default build fails.
    """
    broken = [
        (program, name)
        for program in programs
        for name, build in program.builds.items()
        if build.outcome == "miscompile"
    ]
    if broken:
        names = ", ".join(f"{program.name} ({variant})" for program, variant in broken)
        raise MiscompileError(
            f"wrong as one variant builds it, right as its base does: {names}",
            "\n".join(_describe_miscompile(*which, folder) for which in broken),
            "do not build by this variant; the reproducers hold both builds, the commands "
            "and both outputs",
        )
    if faulty := [program for program in programs if program.outcome != "ok"]:
        names = ", ".join(program.name for program in faulty)
        raise ProgramError(
            f"cannot be measured, because they fail with the default heuristic too: {names}",
            "\n".join(f"{one.name}: {one.outcome}\n{one.details}" for one in faulty),
            "correct their program.toml, or their code; the other programs' results are in "
            f"{folder / layout.PROGRAMS_RESULT}",
        )


def _describe_miscompile(program: report.ProgramResult, variant: str, folder: Path) -> str:
    build = program.builds[variant]
    blamed = ", ".join(build.culprits) or "no object could be singled out"
    return (
        f"{program.name}, {variant}: {build.details}\nobjects to blame: {blamed}\n"
        f"reproducer: {reproducer_folder(folder, program.name, variant)}"
    )
