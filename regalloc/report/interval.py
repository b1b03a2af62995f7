"""Where a ratio lies, and what may be said of it."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

LEVEL = 0.95
"""The usual level: a reader who sees twenty intervals expects one of them to miss."""

Outcome = Literal["better", "worse", "no difference", "unknown"]


@dataclass(frozen=True)
class Interval:
    """Where a ratio lies with a confidence of :data:`LEVEL`."""

    low: float
    high: float


NO_NOISE = Interval(1.0, 1.0)


def judge(interval: Interval | None, noise: Interval = NO_NOISE) -> Outcome:
    """Say what an interval shows; lower is better.

    Args:
        interval: of the ratio to the default.
        noise: of the ratio of the default to itself.
    """
    if interval is None:
        return "unknown"
    if interval.high < noise.low:
        return "better"
    return "worse" if interval.low > noise.high else "no difference"
