"""What a comparison shows, in words."""

from __future__ import annotations

from regalloc.report.interval import NO_NOISE, judge
from regalloc.report.report import Estimate, Part, Verdict
from regalloc.report.rows import AGAIN, POLICY

_WORDS = {
    "better": "is better than the default",
    "worse": "is worse than the default",
    "no difference": "shows no difference from the default that these modules can tell",
    "unknown": "cannot be told from the default with so few modules",
}


def give_verdict(part: Part) -> Verdict:
    """Say how the trained policy did on a part of the corpus that training never saw.

    It is better or worse only where its interval lies beyond that of the default against itself.
    """
    trained = part.comparisons[POLICY]
    ratio, interval = trained.score.ratio, trained.score.interval
    if ratio is None:
        return Verdict(outcome="unknown", text="no verdict: no function could be compared")
    outcome = judge(interval, part.comparisons[AGAIN].score.interval or NO_NOISE)
    sure = f"95 % interval {interval.low:.4f} to {interval.high:.4f}, " if interval else ""
    return Verdict(
        outcome=outcome,
        text=f"on held-out code the trained policy {_WORDS[outcome]}: score ratio {ratio:.4f}, "
        f"{sure}{_count(trained.functions, 'function')} in {_count(part.modules, 'module')} "
        f"({trained.better} better, {trained.equal} equal, {trained.worse} worse)"
        f"{_describe_weighted(trained.weighted)}",
    )


def _describe_weighted(found: Estimate | None) -> str:
    if found is None or found.ratio is None:
        return ""
    sure = (
        f", interval {found.interval.low:.4f} to {found.interval.high:.4f}"
        if found.interval
        else ""
    )
    return f"; weighted by entry counts {found.ratio:.4f}{sure}"


def _count(number: int, what: str) -> str:
    return f"{number} {what}{'' if number == 1 else 's'}"
