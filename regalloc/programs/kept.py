"""What is known of each program as soon as it is measured, so that an interrupted run goes on.

A file for each program lies in the stage's folder until all of them are measured.  They fit each
other by the stage's key: another release, image or setting begins with an empty folder.
"""

from __future__ import annotations

import shutil
from pathlib import Path

import msgspec

from regalloc.files import encode_struct, write_whole
from regalloc.layout import PROGRAMS_MEASURED
from regalloc.report.programs_result import ProgramResult, WorkloadTiming


class MeasuredProgram(msgspec.Struct, frozen=True, kw_only=True):
    """All that is known of a program when its builds are removed.

    Attributes:
        result: what the report says of it.
        timings: a workload each, of builds that were timed.
        compile_s: processor seconds of all compiles of a build, by variant.
    """

    result: ProgramResult
    timings: list[WorkloadTiming]
    compile_s: dict[str, float]


class KeptPrograms:
    """The programs that are measured so far.

    Args:
        folder: the stage's.
    """

    def __init__(self, folder: Path) -> None:
        self._folder = folder / PROGRAMS_MEASURED

    def find(self, name: str) -> MeasuredProgram | None:
        """Return what is known of a program; None if it is not measured, or its file is damaged."""
        try:
            content = self._path(name).read_bytes()
            return msgspec.json.decode(content, type=MeasuredProgram)
        except (OSError, msgspec.MsgspecError):
            return None

    def keep(self, name: str, measured: MeasuredProgram) -> None:
        """Keep what is known of a program.

        Raises:
            DiskError: it cannot be written.
        """
        self._folder.mkdir(exist_ok=True)
        with write_whole(self._path(name)) as file:
            file.write(encode_struct(measured))

    def remove(self) -> None:
        """Remove all of it: the result has it now."""
        shutil.rmtree(self._folder, ignore_errors=True)

    def _path(self, name: str) -> Path:
        return self._folder / f"{name}.json"
