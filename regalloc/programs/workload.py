"""Execute a workload and compare what it prints and writes."""

from __future__ import annotations

import shutil
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from regalloc.compiler.processes import Exit, Place
from regalloc.files import hash_file
from regalloc.programs.build import Built
from regalloc.programs.definition import Argv, Program, Workload, fill
from regalloc.programs.lab import ENVIRONMENT, Lab, TrialError

STDOUT = "standard output"
MISSING = "nothing"
LINKS = {"build": "build", "program": "program", "inputs": "inputs"}
"""What the placeholders of a workload stand for: links in the folder where it starts."""


@dataclass(frozen=True)
class Execution:
    """An execution that ended well.

    Attributes:
        end: how the process ended.
        output: sha256 of what it printed and of each file that counts, by name.
        folder: where it ran; the output lies there.
    """

    end: Exit
    output: Mapping[str, str]
    folder: Path

    def path(self, name: str) -> Path:
        """Return the file that holds one part of the output."""
        return _beside(self.folder, "stdout") if name == STDOUT else self.folder / name


def execute(
    program: Program,
    workload: Workload,
    built: Built,
    lab: Lab,
    slot: str,
    prefix: Argv = (),
    environment: Mapping[str, str] = ENVIRONMENT,
) -> Execution:
    """Execute a workload in a folder that is empty but for links to what it needs.

    The command names them through the links, so that it is the same for all builds: programs print
    their own names, and the length of a command moves the stack.

    Args:
        program: whose workload.
        workload: which.
        built: the build that is executed.
        lab: where.
        slot: name of the folder; executions at the same time need different ones, as long as each
            other.
        prefix: a command that executes what follows it, to count.
        environment: all of it, but for what the workload's definition adds.

    Raises:
        TrialError: it crashed or did not end.
    """
    root = lab.folder(program.name)
    folder = root / f"{workload.name}-{slot}"
    shutil.rmtree(folder, ignore_errors=True)
    folder.mkdir()
    link_all(folder, build=built.folder, program=program.folder, inputs=root / "inputs")
    place = Place(
        folder,
        {**environment, **workload.env},
        _beside(folder, "stderr"),
        _beside(folder, "stdout"),
        *(folder / word for word in fill((workload.stdin,), LINKS) if word),
    )
    end = lab.run((*prefix, *fill(workload.run, LINKS)), place, "crashed")
    return Execution(end, _hash_output(workload, place.stdout, folder), folder)


def link_all(folder: Path, **targets: Path) -> None:
    """Put links into a folder by their names."""
    for name, target in targets.items():
        (folder / LINKS[name]).symlink_to(target)


def check(run: Execution, expected: Mapping[str, str]) -> None:
    """Check what a run printed and wrote.

    Raises:
        TrialError: it is something else.
    """
    lines = [
        f"{name}: sha256 {run.output[name]}, expected {sha256}"
        for name, sha256 in expected.items()
        if run.output[name] != sha256
    ]
    if lines:
        raise TrialError("wrong output", "\n".join(lines))


def expected_output(workload: Workload, reference: Execution) -> dict[str, str]:
    """Return what a workload must print: what its definition says, or else a reference run."""
    said = {STDOUT: workload.stdout, **workload.files}
    return {name: said.get(name) or sha256 for name, sha256 in reference.output.items()}


def make_inputs(program: Program, built: Built, lab: Lab, python: str) -> None:
    """Run the commands that make a program's input files.

    Raises:
        TrialError: one of them failed.
    """
    root = lab.folder(program.name)
    folder = root / "inputs"
    folder.mkdir()
    values = {"python": python, "program": str(program.folder), "build": str(built.folder)}
    for argv in program.definition.inputs:
        place = Place(folder, ENVIRONMENT, root / "stderr", root / "stdout")
        lab.run(fill(argv, values), place, "build failed")


def _beside(folder: Path, suffix: str) -> Path:
    return folder.with_name(f"{folder.name}.{suffix}")


def _hash_output(workload: Workload, stdout: Path, folder: Path) -> dict[str, str]:
    paths = {STDOUT: stdout, **{name: folder / name for name in workload.files}}
    return {name: hash_file(path) if path.is_file() else MISSING for name, path in paths.items()}
