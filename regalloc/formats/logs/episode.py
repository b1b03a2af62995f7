"""What every training log comes down to."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt

from regalloc.formats.features import DECISION, NUM_CANDIDATES

Array = npt.NDArray[Any]


@dataclass(frozen=True)
class Outcome:
    """What an episode comes down to.

    Attributes:
        function: the function's (mangled) name; undecodable bytes are surrogates.
        score: the allocation's cost relative to the entry's frequency, lower is better.
        decisions: number of decisions, at least one.
    """

    function: str
    score: float
    decisions: int


@dataclass(frozen=True, eq=False)
class Episode:
    """What was seen, decided and scored in one function.

    Attributes:
        function: the function's (mangled) name; undecodable bytes are surrogates.
        observations: per feature an array ``(decisions, *shape)`` of the feature's dtype.
        actions: int64 ``(decisions,)``, positions chosen.
        extras: further outputs of the policy, ``(decisions, ...)`` each.
        score: the allocation's cost relative to the entry's frequency, lower is better.
    """

    function: str
    observations: dict[str, Array]
    actions: Array
    extras: dict[str, Array]
    score: float

    @property
    def decisions(self) -> int:
        """Number of decisions, at least one."""
        return len(self.actions)

    @property
    def outcome(self) -> Outcome:
        """What it comes down to."""
        return Outcome(self.function, self.score, self.decisions)

    def find_difference(self, other: Episode) -> str:
        """Return in which tensor or score another episode differs by a bit, or an empty string."""
        if self.function != other.function:
            return "function"
        if np.float32(self.score).tobytes() != np.float32(other.score).tobytes():
            return "score"
        mine, its = ({**e.observations, **e.extras, DECISION: e.actions} for e in (self, other))
        if mine.keys() != its.keys():
            return "outputs"
        differing = (name for name in mine if mine[name].tobytes() != its[name].tobytes())
        return next(differing, "")

    def find_illegal(self) -> int | None:
        """Return the first position chosen that its mask excludes, or None."""
        known = (self.actions >= 0) & (self.actions < NUM_CANDIDATES)
        mask = self.observations["mask"].reshape(-1, NUM_CANDIDATES)
        legal = known & (mask[np.arange(self.decisions), np.where(known, self.actions, 0)] > 0)
        return None if legal.all() else int(self.actions[np.argmin(legal)])
