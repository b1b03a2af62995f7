"""Where programs are built and run: folders, limits, and one way to run a command."""

from __future__ import annotations

import shlex
import signal
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path

from regalloc.compiler.processes import Exit, Place, Processes, run_limited
from regalloc.programs.definition import Argv
from regalloc.report.programs_result import Outcome
from regalloc.settings import Limits

ENVIRONMENT: Mapping[str, str] = {
    "HOME": "/nonexistent",
    "LC_ALL": "C",
    "PATH": "/usr/local/bin:/usr/bin:/bin",
    # What a build stamps into a program is the same for all builds.
    "SOURCE_DATE_EPOCH": "0",
    "TZ": "UTC",
}
"""All of the environment: its size moves the stack, and with it counts."""

DEFAULT_SLOT, AGAIN_SLOT, MIXED_SLOT, TRAINING_SLOT = "00", "01", "02", "03"
"""Folders of builds and executions: the default's, the same again, one of mixed objects, one that
counts for a profile.  They are as long as each other: the length of a command moves the stack.
"""

_LINES = 20


class TrialError(Exception):
    """A program that cannot be measured.

    Attributes:
        outcome: what the report says.
        details: the command, how it ended, and its last lines.
    """

    def __init__(self, outcome: Outcome, details: str) -> None:
        super().__init__(details)
        self.outcome: Outcome = outcome
        self.details = details


def variant_slot(place: int) -> str:
    """Return the folder of the variant at a place from 0 on, for less than 96 of them."""
    return f"{place + 4:02}"


@dataclass(frozen=True)
class Lab:
    """The surroundings of all programs.

    Attributes:
        scratch: folder for everything that is removed in the end.
        release: folder of the toolchain, with ``bin/clang`` and ``bin/regalloc-clang``.
        tarballs: folder of the tarballs that programs are made of.
        limits: what one command may use.
        jobs: commands at the same time, where no time is taken.
        processes: what runs now.
    """

    scratch: Path
    release: Path
    tarballs: Path
    limits: Limits
    jobs: int
    processes: Processes = field(default_factory=Processes)

    def folder(self, name: str) -> Path:
        """Return the folder of a program."""
        return self.scratch / name

    def run(self, argv: Argv, place: Place, failure: Outcome) -> Exit:
        """Run a command to its end.

        Args:
            argv: the command.
            place: where it runs.
            failure: what it means when it does not end with exit code 0.

        Raises:
            TrialError: it failed, could not be started, or took too long.
            StoppedError: all is being stopped.
        """
        try:
            end = run_limited(argv, place, self.limits, self.processes)
        except (FileNotFoundError, PermissionError) as error:
            # The command or its input; anything else that is not there is no fault of a program.
            if error.filename not in (argv[0], str(place.stdin)):
                raise
            raise TrialError(failure, describe(argv, str(error), "")) from error
        if end.timed_out or end.code == -signal.SIGXCPU:
            how = f"no end after {self.limits.wall_s:g} s"
            raise TrialError("timed out", describe(argv, how, end.stderr))
        if end.code:
            output = end.stderr.strip() or _read(place.stdout)
            raise TrialError(failure, describe(argv, _name_end(end.code), output))
        return end


def describe(argv: Argv, how: str, output: str) -> str:
    """Return a command, how it ended, and the last lines of what it wrote."""
    lines = output.rstrip().splitlines()[-_LINES:]
    return "\n".join([f"command: {shlex.join(argv)}", f"ended with: {how}", *lines])


def _name_end(code: int) -> str:
    return f"exit code {code}" if code > 0 else signal.Signals(-code).name


def _read(path: Path) -> str:
    return path.read_bytes().decode("utf-8", "replace") if path.is_file() else ""
