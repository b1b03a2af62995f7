"""The versions a manifest records."""

from __future__ import annotations

import platform
from pathlib import Path

import regalloc
from regalloc.images.lock import read_pins


def collect_versions(checkout: Path, llvm: str) -> dict[str, str]:
    """Return the versions of regalloc, LLVM, the host's Python and every wheel of the trainer."""
    ours = {
        "regalloc": regalloc.__version__,
        "llvm": llvm,
        "host-python": platform.python_version(),
    }
    return {**ours, **read_pins(checkout)}
