"""What each function cost before: under the default heuristic, and of late."""

from __future__ import annotations

import math
from collections.abc import Callable, Hashable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from regalloc.formats.baselines import Baseline, Found
from regalloc.formats.compile_results import Failed
from regalloc.formats.default_scores import DefaultScores
from regalloc.formats.logs import Episode, Outcome
from regalloc.report.ratios import identify
from regalloc.rl.rounds.rewards import (
    centre,
    compute_log_reward,
    compute_reward,
    favour_best,
    update_baseline,
)

Scores = dict[str, dict[str, float]]
"""By module, then by function."""

Compute = Callable[[float, float], float]
"""Returns the reward of a score, given what it is compared with."""


@dataclass(frozen=True)
class Scored:
    """An episode with what it is compared with.

    Attributes:
        episode: the function's decisions and score.
        default: the default heuristic's score.
        reward: what learning gets, see :mod:`regalloc.rl.rounds.rewards`; 0 teaches nothing.
    """

    episode: Episode
    default: float
    reward: float


@dataclass
class Baselines:
    """Scores to compare with; grows as modules are met for the first time.

    Attributes:
        defaults: the default heuristic's scores.  A module without a function with a decision has
            an empty entry.
        averages: moving averages of the policy's scores, which begin at the default's.
    """

    defaults: Scores
    averages: Scores = field(default_factory=dict)

    def add_default(self, module: str, episodes: Iterable[Episode]) -> None:
        """Record a compile under the default heuristic."""
        self.defaults[module] = _list_scores(episode.outcome for episode in episodes)

    def without_decision(self) -> set[str]:
        """Return the modules known to have no decision."""
        return {module for module, functions in self.defaults.items() if not functions}

    def score(
        self,
        module: str,
        rollouts: Sequence[Iterable[Episode]],
        *,
        log_reward: bool,
        decay: float | None,
        best_of: int = 1,
    ) -> list[Scored]:
        """Give the episodes of a module's rollouts their rewards.

        A function without a default score, or whose score is not finite, has no reward and is
        left out.

        Args:
            module: the module's name.
            rollouts: the episodes of each.
            log_reward: whether a reward is the logarithm of a score ratio.
            decay: of the moving averages that episodes are compared with; None compares the
                episodes of each function with their mean.
            best_of: draws whose best reward is to be raised, where episodes are compared with
                their mean; 1 raises that of each.  A function with no more episodes than that
                teaches nothing.
        """
        compute = compute_log_reward if log_reward else compute_reward
        known = [[e for e in episodes if self._is_comparable(module, e)] for episodes in rollouts]
        if decay is None:
            return self._score_groups(module, known, compute, best_of)
        return [s for episodes in known for s in self._score(module, episodes, compute, decay)]

    def _is_comparable(self, module: str, episode: Episode) -> bool:
        return episode.function in self.defaults.get(module, {}) and math.isfinite(episode.score)

    def _score(
        self, module: str, episodes: Iterable[Episode], compute: Compute, decay: float
    ) -> list[Scored]:
        """Compare episodes with their moving averages, then move these."""
        defaults, averages = self.defaults.get(module, {}), self.averages.setdefault(module, {})
        scored = []
        for episode in episodes:
            default = defaults[episode.function]
            baseline = averages.get(episode.function, default)
            scored.append(Scored(episode, default, compute(episode.score, baseline)))
            averages[episode.function] = update_baseline(baseline, episode.score, decay)
        return scored

    def _score_groups(
        self,
        module: str,
        rollouts: Sequence[Sequence[Episode]],
        compute: Compute,
        best_of: int,
    ) -> list[Scored]:
        """Compare the episodes of each function with their mean."""
        groups: dict[Hashable, list[Episode]] = {}
        for episodes in rollouts:
            ids = identify(module, ((e.function, e.score) for e in episodes))
            for name, episode in zip(ids, episodes, strict=True):
                groups.setdefault(name, []).append(episode)
        return [
            scored
            for group in groups.values()
            for scored in self._score_group(module, group, compute, best_of)
        ]

    def _score_group(
        self, module: str, group: Sequence[Episode], compute: Compute, best_of: int
    ) -> Iterator[Scored]:
        default = self.defaults[module][group[0].function]
        rewards = [compute(episode.score, default) for episode in group]
        favoured = favour_best(rewards, min(best_of, len(group)))
        for episode, reward in zip(group, centre(favoured), strict=True):
            yield Scored(episode, default, reward)

    def to_json(self) -> dict[str, Any]:
        """Return a JSON value that :meth:`from_json` takes back."""
        return {"defaults": self.defaults, "averages": self.averages}

    @classmethod
    def from_json(cls, content: dict[str, Any]) -> Baselines:
        """Return the baselines of a JSON value."""
        return cls(content["defaults"], content["averages"])


def describe_traced(found: DefaultScores) -> tuple[Scores, dict[str, str]]:
    """Return the default scores of the traced modules, and why others have none, by module."""
    scores = {module: _list_scores(outcomes) for module, outcomes in found.outcomes.items()}
    return scores, {failed.module: _explain(failed) for failed in found.failures}


def describe_known(found: Mapping[str, Found]) -> tuple[Scores, dict[str, str]]:
    """Return the default scores that the corpus tells, and why others have none, by module."""
    scores = {
        module: _list_scores(known.outcomes)
        for module, known in found.items()
        if isinstance(known, Baseline)
    }
    failures = {
        module: _explain(known) for module, known in found.items() if isinstance(known, Failed)
    }
    return scores, failures


def _list_scores(outcomes: Iterable[Outcome]) -> dict[str, float]:
    return {one.function: one.score for one in outcomes if math.isfinite(one.score)}


def _explain(failed: Failed) -> str:
    return f"{failed.kind}: {failed.detail}"
