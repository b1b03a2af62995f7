"""Read the processor's own counters with ``perf stat``, where that is possible."""

from __future__ import annotations

import shutil
import subprocess
import tempfile
from pathlib import Path

from regalloc.programs.definition import Argv
from regalloc.report.counts import Events

PERF = "perf"
_EVENTS = ("instructions:u", "cycles:u")
_TIMEOUT_S = 60.0


def events_prefix(path: Path) -> Argv:
    """Return the command that executes what follows it and writes its events to a file."""
    return (PERF, "stat", "--field-separator=,", f"--event={','.join(_EVENTS)}", f"--output={path}")


def read_events(text: str) -> Events:
    """Return what ``perf stat`` wrote; an event that the processor does not count is None."""
    rows = (line.split(",") for line in text.splitlines() if not line.startswith("#"))
    counts = {row[2]: int(row[0]) for row in rows if len(row) > 2 and row[0].isdigit()}
    return Events(instructions=counts.get(_EVENTS[0]), cycles=counts.get(_EVENTS[1]))


def explain_missing() -> str:
    """Return why there are no counters here, or an empty string where there are."""
    if shutil.which(PERF) is None:
        return "perf is not installed"
    with tempfile.TemporaryDirectory(prefix="regalloc-") as folder:
        path = Path(folder) / "events"
        run = subprocess.run(
            (*events_prefix(path), "true"),
            capture_output=True,
            text=True,
            errors="replace",
            timeout=_TIMEOUT_S,
            check=False,
        )
        if run.returncode != 0:
            lines = [line.strip() for line in run.stderr.splitlines() if line.strip()]
            return f"perf does not run here: {' '.join(lines[:2]) or f'code {run.returncode}'}"
        events = read_events(path.read_text(encoding="utf-8", errors="replace"))
    if events.instructions is None and events.cycles is None:
        return "this processor's counters are not there, as in most virtual machines"
    return ""
