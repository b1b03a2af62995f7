"""Take a profile: count what a program executes at its workloads for training, and merge that."""

from __future__ import annotations

import shutil
from collections.abc import Iterable, Mapping
from pathlib import Path

from regalloc.compiler.processes import Place
from regalloc.programs import cachegrind
from regalloc.programs.build import Built
from regalloc.programs.definition import Argv, Program
from regalloc.programs.lab import ENVIRONMENT, TRAINING_SLOT, Lab, TrialError
from regalloc.programs.workload import check, execute, expected_output

PROFDATA = "llvm-profdata"
NOWHERE = "/dev/null"
"""Where a program counts to that is told nothing: what a build executes of itself, such as its own
generators, counts for nobody."""
RUNTIME_FILE = "LLVM_PROFILE_FILE"
"""Variable of the environment by which the profile's runtime names its file."""


def take_profile(
    program: Program,
    built: Built,
    lab: Lab,
    profile: Path,
    expected: Mapping[str, Mapping[str, str]] | None = None,
) -> None:
    """Write the profile of a build that counts.

    Each workload that trains is executed once, at the same addresses in every run: a program that
    hashes addresses does the same each time then.

    Args:
        program: whose build.
        built: the build.
        lab: where.
        profile: the file that is written.
        expected: what each workload must print and write; what its definition says by default.

    Raises:
        TrialError: a workload failed or printed something else, nothing was counted, or the counts
            cannot be merged.
    """
    raw = profile.with_suffix(".raw")
    raw.mkdir(parents=True)
    try:
        for workload in program.definition.training:
            # %m adds up the counts of all processes of one executable in one file.
            pattern = str(raw / f"{workload.name}-%m.profraw")
            environment = {**ENVIRONMENT, RUNTIME_FILE: pattern}
            prefix = cachegrind.steady_prefix()
            run = execute(program, workload, built, lab, TRAINING_SLOT, prefix, environment)
            wanted = expected[workload.name] if expected else expected_output(workload, run)
            check(run, wanted)
        _merge(program, raw, lab, profile)
    finally:
        shutil.rmtree(raw)


def _merge(program: Program, raw: Path, lab: Lab, profile: Path) -> None:
    """Add the counts up, one file after the other in the order of their names."""
    files = sorted(path for path in raw.glob("*.profraw") if path.stat().st_size)
    if not files:
        why = (
            "no workload that trains wrote counts; they are written when a program returns from "
            "main or calls exit"
            if program.definition.training
            else 'there is no workload with use = "train"'
        )
        raise TrialError("no profile", why)
    root = lab.folder(program.name)
    place = Place(root, ENVIRONMENT, root / "stderr", root / "stdout")
    lab.run(merge_command(lab.release, files, profile), place, "no profile")


def merge_command(toolchain: Path, files: Iterable[Path], profile: Path) -> Argv:
    """Return the command that adds up files of counts, so that equal counts make equal bytes.

    Args:
        toolchain: folder of the compilers.
        files: the counts, in the order in which they are added.
        profile: what is written.
    """
    tool = str(toolchain / "bin" / PROFDATA)
    # Threads would share the files out.
    return (tool, "merge", "--num-threads=1", "-o", str(profile), *map(str, files))
