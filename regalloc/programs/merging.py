"""The command that merges counts to a profile, so that equal counts make equal bytes."""

from __future__ import annotations

from collections.abc import Iterable
from pathlib import Path

from regalloc.programs.definition import Argv

PROFDATA = "llvm-profdata"


def merge_command(toolchain: Path, files: Iterable[Path], profile: Path) -> Argv:
    """Return the command that adds up files of counts, one after the other.

    Args:
        toolchain: folder of the compilers.
        files: the counts, in the order in which they are added.
        profile: what is written.
    """
    tool = str(toolchain / "bin" / PROFDATA)
    # Threads would share the files out.
    return (tool, "merge", "--num-threads=1", "-o", str(profile), *map(str, files))
