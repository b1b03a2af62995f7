"""The versions a manifest records."""

from __future__ import annotations

import platform
import re
from pathlib import Path

import regalloc

LOCK = Path("docker") / "trainer" / "requirements.txt"
_PIN = re.compile(r"^([A-Za-z0-9._-]+)==([^ ;\\]+)", re.MULTILINE)


def collect_versions(checkout: Path, llvm: str) -> dict[str, str]:
    """Return the versions of regalloc, LLVM, the host's Python and every wheel of the trainer."""
    lock = checkout / LOCK
    pins = dict(_PIN.findall(lock.read_text())) if lock.is_file() else {}
    ours = {
        "regalloc": regalloc.__version__,
        "llvm": llvm,
        "host-python": platform.python_version(),
    }
    return {**ours, **pins}
