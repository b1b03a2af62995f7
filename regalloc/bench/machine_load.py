"""The machine that is measured, and whether others use it."""

from __future__ import annotations

import os
import platform
import time
from dataclasses import dataclass
from pathlib import Path

from regalloc.bench.clock import cpu_s

CPUINFO = Path("/proc/cpuinfo")
STAT = Path("/proc/stat")
_IDLE = (3, 4)
"""Where the kernel's times have those without work, and those that wait for a disk."""


def read_processor(cpuinfo: Path = CPUINFO) -> str:
    """Return the processor's name, or its architecture where the kernel tells none."""
    try:
        lines = cpuinfo.read_text(encoding="utf-8", errors="replace").splitlines()
    except OSError:
        lines = []
    named = (line.partition(":")[2].strip() for line in lines if line.startswith("model name"))
    return next(named, platform.machine())


def read_load() -> float:
    """Return how many processes wanted to run in the last minute, in the mean."""
    return round(os.getloadavg()[0], 2)


def count_cores() -> int:
    """Return how many cores this process may use."""
    return len(os.sched_getaffinity(0))


@dataclass(frozen=True)
class Moment:
    """What had been used until then.

    Attributes:
        wall_s: seconds on a clock that only grows.
        used_s: processor seconds of everything on this machine.
        own_s: those of this process and of what it has waited for.
    """

    wall_s: float
    used_s: float
    own_s: float


def look(stat: Path = STAT) -> Moment:
    """Return what has been used until now."""
    # What guests used is in the times of users, too.
    ticks = [int(value) for value in stat.read_text(encoding="ascii").split("\n")[0].split()[1:9]]
    used = sum(ticks) - sum(ticks[place] for place in _IDLE)
    return Moment(time.monotonic(), used / os.sysconf("SC_CLK_TCK"), cpu_s())


def count_others(begin: Moment, end: Moment) -> float:
    """Return how many cores others used between two moments, in the mean."""
    others_s = (end.used_s - begin.used_s) - (end.own_s - begin.own_s)
    return round(max(0.0, others_s / (end.wall_s - begin.wall_s)), 2)


def measure_others(seconds: float = 1.0) -> float:
    """Return how many cores others use while this process sleeps."""
    begin = look()
    time.sleep(seconds)
    return count_others(begin, look())
