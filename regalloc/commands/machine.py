"""What this machine offers: cores, memory, folders."""

from __future__ import annotations

import fcntl
import os
import re
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path

from regalloc.errors import DiskError, StageError
from regalloc.layout import RUN_LOCK

CHECKOUT = Path(__file__).resolve().parent.parent.parent
CGROUP = Path("/sys/fs/cgroup")
MEMINFO = Path("/proc/meminfo")


def cache_folder(environ: Mapping[str, str]) -> Path:
    """Return the folder for everything that can be made again."""
    given = environ.get("REGALLOC_CACHE")
    return Path(given).resolve() if given else CHECKOUT / ".cache"


def usable_cores(cgroup: Path = CGROUP) -> int:
    """Return how many cores this process may use, by affinity and by cgroup quota."""
    allowed = len(os.sched_getaffinity(0))
    quota = _quota_cores(cgroup)
    return max(1, min(allowed, int(quota))) if quota else allowed


def _quota_cores(cgroup: Path) -> float | None:
    """Return the cgroup's quota in cores, version 2 or 1, or None without one."""
    try:
        if (cgroup / "cpu.max").is_file():
            quota, period = (cgroup / "cpu.max").read_text().split()
        else:
            quota = (cgroup / "cpu/cpu.cfs_quota_us").read_text().strip()
            period = (cgroup / "cpu/cpu.cfs_period_us").read_text().strip()
        return int(quota) / int(period) if int(quota) > 0 else None
    except (OSError, ValueError):
        return None


def memory_mb(meminfo: Path = MEMINFO) -> int:
    """Return the machine's memory in MiB."""
    found = re.search(r"^MemTotal: +(\d+) kB", meminfo.read_text(), re.MULTILINE)
    return int(found[1]) // 1024 if found else 4096


def stage_memory_mb(total_mb: int) -> int:
    """Return the memory a stage may use in MiB: all but a tenth, which the host keeps."""
    return total_mb - total_mb // 10


def is_held(folder: Path) -> bool:
    """Tell whether a run is at work in a folder."""
    try:
        with (folder / RUN_LOCK).open() as lock:
            fcntl.flock(lock, fcntl.LOCK_SH | fcntl.LOCK_NB)
    except BlockingIOError:
        return True
    except OSError:
        return False
    return False


@contextmanager
def exclusive(folder: Path) -> Iterator[None]:
    """Hold a run's folder, so that no second run writes into it.

    Raises:
        StageError: another run holds it.
        DiskError: the folder cannot be made or written.
    """
    try:
        folder.mkdir(parents=True, exist_ok=True)
        lock = (folder / RUN_LOCK).open("a")
    except OSError as error:
        raise DiskError(f"{folder} cannot be used", str(error), "choose --run") from error
    with lock:
        try:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            raise StageError(
                f"another run is at work in {folder}", "", "wait for it, or choose --run"
            ) from None
        yield
