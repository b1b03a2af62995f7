"""What each function cost before: under the default heuristic, and of late."""

from __future__ import annotations

import math
from collections.abc import Hashable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from regalloc.compiler.baselines import Baseline, Found
from regalloc.compiler.default_scores import DefaultScores
from regalloc.compiler.logs import Episode, Outcome
from regalloc.compiler.results import Failed
from regalloc.report.ratios import identify
from regalloc.rl.rewards import centre, compute_log_reward, compute_reward, update_baseline
from regalloc.settings import Train

Scores = dict[str, dict[str, float]]
"""By module, then by function."""


@dataclass(frozen=True)
class Scored:
    """An episode with what it is compared with.

    Attributes:
        episode: the function's decisions and score.
        default: the default heuristic's score.
        reward: what learning is told of it, see :mod:`regalloc.rl.rewards`; 0 teaches nothing.
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
        self, module: str, rollouts: Sequence[Iterable[Episode]], train: Train
    ) -> list[Scored]:
        """Give the episodes of a module's rollouts their rewards.

        A function without a default score, or whose score is not finite, has no reward and is
        left out.
        """
        known = [[e for e in episodes if self._is_comparable(module, e)] for episodes in rollouts]
        if train.rollouts > 1:
            return self._score_groups(module, known, train)
        return [scored for episodes in known for scored in self._score(module, episodes, train)]

    def _is_comparable(self, module: str, episode: Episode) -> bool:
        return episode.function in self.defaults.get(module, {}) and math.isfinite(episode.score)

    def _score(self, module: str, episodes: Iterable[Episode], train: Train) -> list[Scored]:
        """Compare episodes with their moving averages, then move these."""
        defaults, averages = self.defaults.get(module, {}), self.averages.setdefault(module, {})
        scored = []
        for episode in episodes:
            default = defaults[episode.function]
            baseline = averages.get(episode.function, default)
            scored.append(Scored(episode, default, _compute(episode.score, baseline, train)))
            averages[episode.function] = update_baseline(
                baseline, episode.score, train.baseline_decay
            )
        return scored

    def _score_groups(
        self, module: str, rollouts: Sequence[Sequence[Episode]], train: Train
    ) -> list[Scored]:
        """Compare the episodes of each function with their mean."""
        groups: dict[Hashable, list[Episode]] = {}
        for episodes in rollouts:
            ids = identify(module, ((e.function, e.score) for e in episodes))
            for name, episode in zip(ids, episodes, strict=True):
                groups.setdefault(name, []).append(episode)
        return [s for group in groups.values() for s in self._score_group(module, group, train)]

    def _score_group(self, module: str, group: Sequence[Episode], train: Train) -> Iterator[Scored]:
        default = self.defaults[module][group[0].function]
        rewards = centre([_compute(episode.score, default, train) for episode in group])
        for episode, reward in zip(group, rewards, strict=True):
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


def _compute(score: float, baseline: float, train: Train) -> float:
    compute = compute_log_reward if train.log_reward else compute_reward
    return compute(score, baseline)
