"""Count instructions and memory accesses with valgrind's cachegrind, and execute alike each time.

Counts repeat where times do not: the simulated processor has no other guests.
Source of the file's format: the manual of valgrind 3.19, "Cachegrind file format".
"""

from __future__ import annotations

import re
import shutil
import subprocess
from pathlib import Path

from regalloc.errors import ProgramError
from regalloc.programs.definition import Argv
from regalloc.report.counts import Counts

VALGRIND = "valgrind"

# Reads and writes are counted only with the caches simulated.  Their sizes are said, so that the
# machine's own are not asked for; they decide misses, and those are not reported.
_CACHES = ("--cache-sim=yes", "--I1=32768,8,64", "--D1=32768,8,64", "--LL=8388608,16,64")
_VERSION = re.compile(r"valgrind-(\S+)")
_TIMEOUT_S = 60.0


def count_prefix(path: Path) -> Argv:
    """Return the command that executes what follows it and writes its counts to a file."""
    # Only the process itself is counted, not what it starts.
    return (VALGRIND, "--quiet", "--tool=cachegrind", *_CACHES, f"--cachegrind-out-file={path}")


def steady_prefix() -> Argv:
    """Return the command that executes what follows it at the same addresses each time.

    A program that hashes addresses does not do the same otherwise, where memory is laid out by
    chance.
    """
    return (VALGRIND, "--quiet", "--tool=none")


def read_counts(text: str) -> Counts:
    """Return the totals in a cachegrind file.

    Raises:
        ValueError: it has none.
    """
    fields = dict(line.partition(": ")[::2] for line in text.splitlines() if ": " in line)
    names, values = fields.get("events", "").split(), fields.get("summary", "").split()
    if not values:
        raise ValueError("the file has no summary: the program was ended before it could count")
    if len(names) != len(values):
        raise ValueError(f"{len(names)} events and {len(values)} totals")
    totals = {name: int(value) for name, value in zip(names, values, strict=True)}
    try:
        return Counts(instructions=totals["Ir"], data_reads=totals["Dr"], data_writes=totals["Dw"])
    except KeyError as error:
        raise ValueError(f"the event {error.args[0]} was not counted") from error


def find_valgrind() -> str:
    """Return valgrind's version.

    Raises:
        ProgramError: there is none.
    """
    path = shutil.which(VALGRIND)
    if path is None:
        raise ProgramError(
            "valgrind is missing",
            "",
            "with docker, rebuild the image programs; with the local engine: apt install valgrind",
        )
    run = subprocess.run(
        (path, "--version"), capture_output=True, text=True, timeout=_TIMEOUT_S, check=False
    )
    found = _VERSION.match(run.stdout)
    if found is None:
        raise ProgramError(
            "valgrind does not run",
            run.stderr.strip() or run.stdout.strip(),
            "install it again: apt install --reinstall valgrind",
        )
    return found[1]
