"""What the stages of a run found out, each file read once, when it is first asked for."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property
from pathlib import Path

from regalloc.layout import BENCH, BENCH_RESULT, EVALUATION, PROGRAMS, PROGRAMS_RESULT, REPORT
from regalloc.report import bench_result, programs_result, report
from regalloc.report.bench_result import BenchResult
from regalloc.report.programs_result import ProgramsResult
from regalloc.report.report import Report


@dataclass(frozen=True)
class RunResults:
    """What the stages of a run found out.

    Attributes:
        folder: the run's.
    """

    folder: Path

    @property
    def report_path(self) -> Path:
        """Return where the evaluation's report lies."""
        return self.folder / EVALUATION / REPORT

    @property
    def programs_path(self) -> Path:
        """Return where the programs' results lie."""
        return self.folder / PROGRAMS / PROGRAMS_RESULT

    @property
    def bench_path(self) -> Path:
        """Return where the benchmark's result lies."""
        return self.folder / BENCH / BENCH_RESULT

    @cached_property
    def report(self) -> Report:
        """Return the evaluation's report.

        Raises:
            ManifestError: it cannot be read.
        """
        return report.read(self.report_path)

    @cached_property
    def programs(self) -> ProgramsResult:
        """Return the programs' results.

        Raises:
            ManifestError: they cannot be read.
        """
        return programs_result.read(self.programs_path)

    @cached_property
    def bench(self) -> BenchResult:
        """Return the benchmark's result.

        Raises:
            ManifestError: it cannot be read.
        """
        return bench_result.read(self.bench_path)
