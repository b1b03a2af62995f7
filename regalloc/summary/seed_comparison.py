"""Runs that differ in their seed alone, side by side.

A run's interval tells how its score would differ on other modules; how it would differ had training
drawn other lots, only other seeds tell.
"""

from __future__ import annotations

import math
import statistics
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from regalloc.report.interval import Outcome, judge
from regalloc.report.ratios import log_ratio
from regalloc.report.report import Estimate, Report
from regalloc.report.rows import DEFAULT, POLICY
from regalloc.report.statistics import bootstrap_interval


@dataclass(frozen=True)
class Seeds:
    """What several seeds show together, on held-out modules.

    Attributes:
        reports: of the seeds, in their order.
        mean: geometric mean over seeds and functions, its interval over modules.
        deviation: standard deviation of the seeds' score ratios; None for a single one.
        low: the best seed's score ratio.
        high: the worst one's.
        functions: functions that all seeds are compared on.
        outcome: what the mean shows.
    """

    reports: tuple[Report, ...]
    mean: Estimate
    deviation: float | None
    low: float | None
    high: float | None
    functions: int
    outcome: Outcome

    @property
    def text(self) -> str:
        """Return in a sentence what the seeds show together."""
        mean, interval = self.mean.ratio, self.mean.interval
        if mean is None:
            return "No function is held out in all seeds."
        sure = (
            f"95 % interval over modules {interval.low:.4f} to {interval.high:.4f}, "
            if interval
            else ""
        )
        spread = "" if self.deviation is None else f"; standard deviation {self.deviation:.4f}"
        better = sum(report.verdict.outcome == "better" for report in self.reports)
        return (
            f"Over {len(self.reports)} seeds the trained policy's score ratio on held-out code is "
            f"{mean:.4f} in the mean ({sure}seeds from {self.low:.4f} to {self.high:.4f}{spread}); "
            f"{better} of {len(self.reports)} are better than the default by themselves."
        )


def compare_seeds(reports: Sequence[Report]) -> Seeds:
    """Compare runs over the functions that are held out in all of them."""
    logs = [_log_ratios(report) for report in reports]
    shared = [name for name in logs[0] if all(name in found for found in logs)]
    means = [math.fsum(found[name] for found in logs) / len(logs) for name in shared]
    ratios = [
        math.exp(math.fsum(found[name] for name in shared) / len(shared))
        for found in logs
        if shared
    ]
    mean = Estimate(
        ratio=math.exp(math.fsum(means) / len(means)) if means else None,
        # Functions are drawn again by module, with the mean of all seeds: all saw the same ones.
        interval=bootstrap_interval(means, 0, [module for module, _, _ in shared]),
    )
    return Seeds(
        reports=tuple(reports),
        mean=mean,
        deviation=statistics.stdev(ratios) if len(ratios) > 1 else None,
        low=min(ratios, default=None),
        high=max(ratios, default=None),
        functions=len(shared),
        outcome=judge(mean.interval),
    )


def _log_ratios(report: Report) -> Mapping[tuple[str, int, str], float]:
    found = {}
    for row in report.held_out.function_rows:
        if POLICY in row.costs:
            log = log_ratio(row.costs[DEFAULT].score, row.costs[POLICY].score)
            if log is not None:
                found[row.module, row.namesake, row.function] = log
    return found
