"""Shows what a run's stages said, and how they ended."""

from __future__ import annotations

from pathlib import Path

from regalloc.errors import ConfigError, ManifestError
from regalloc.layout import LOG
from regalloc.pipeline.manifest import read_failure, record_of
from regalloc.stages.table import STAGES, Stage
from regalloc.terminal.messages import print_path

SHOWN = 40
"""Last lines of a log that are shown where not all of it is asked for."""


def show_logs(folder: Path, stage: str, whole: bool) -> None:
    """Print the end of a stage's log, or all of it, and how the stage ended if not well.

    Args:
        folder: the run's.
        stage: its name; empty for the one that spoke last.
        whole: whether all of the log is printed.

    Raises:
        ConfigError: there is no stage of that name.
        ManifestError: there is no log, or a record cannot be read.
    """
    chosen = _choose(folder, stage)
    log = record_of(folder / chosen.writes, LOG)
    lines = log.read_text(encoding="utf-8", errors="replace").splitlines()
    for line in lines if whole else lines[-SHOWN:]:
        print(line)
    print_path(f"log of stage {chosen.name}", log)
    if failure := read_failure(folder / chosen.writes):
        print(
            f"it {failure.describe()}, exit code {failure.exit_code}, {failure.ended}, "
            f"with {failure.memory_mb} MiB of memory"
        )


def _choose(folder: Path, name: str) -> Stage:
    known = [stage for stage in STAGES if not name or stage.name == name]
    if not known:
        names = ", ".join(stage.name for stage in STAGES)
        raise ConfigError(f"there is no stage {name!r}", "", f"use one of {names}")
    logs = {stage.name: record_of(folder / stage.writes, LOG) for stage in known}
    there = [stage for stage in known if logs[stage.name].is_file()]
    if not there:
        raise ManifestError(
            f"there is no log in {folder}",
            "",
            "name the folder of a run with --run, and a stage that began with --stage",
        )
    return max(there, key=lambda stage: logs[stage.name].stat().st_mtime_ns)
