"""Build the programs of a corpus by exact counts of what they execute at work.

Where a corpus holds programs, ``extract`` takes their objects from here, and those of LLVM, a
package or a folder from where they lie.
"""

from __future__ import annotations

import shutil

from regalloc import layout, settings
from regalloc.errors import ConfigError
from regalloc.programs.lab import Lab
from regalloc.programs.profiled_build import make_corpus
from regalloc.programs.reading import find_programs, select_programs
from regalloc.stages.context import StageContext
from regalloc.stages.programs import DEFINITIONS, TARBALLS


def run(context: StageContext) -> None:
    """Write objects with embedded bitcode, their commands, and a merged profile of each program.

    Raises:
        ConfigError: no program is named.
        ProgramError: a program.toml cannot be used, no program has a name that is wanted, one
            cannot be built, or fails at its workloads for training.
        ToolchainError: the toolchain takes no profile of generated code.
    """
    config = context.settings.get(settings.ProgramCorpus)
    if not config.names:
        raise ConfigError(
            "the corpus has no program",
            "ProgramCorpus.names is empty",
            "name some: --corpus-from=program:NAME",
        )
    folder = context.folder(layout.PROGRAM_OBJECTS)
    programs = select_programs(find_programs(context.programs / DEFINITIONS), config.names)
    lab = Lab(
        # In a container /tmp is memory.
        scratch=folder / layout.BUILD_SCRATCH,
        release=context.toolchain,
        tarballs=context.programs / TARBALLS,
        limits=settings.Limits(wall_s=config.wall_s, memory_mb=config.memory_mb, attempts=1),
        jobs=context.jobs,
    )
    try:
        make_corpus(programs, lab, folder)
    finally:
        lab.processes.kill()
        shutil.rmtree(lab.scratch, ignore_errors=True)
