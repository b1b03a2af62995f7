"""What each function cost before: under the default heuristic, and of late."""

from __future__ import annotations

import json
import math
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from regalloc.compiler.baselines import Baseline, Found
from regalloc.compiler.logs import Episode
from regalloc.compiler.results import Failed
from regalloc.errors import TraceError
from regalloc.rl.rewards import compute_reward, update_baseline

Scores = dict[str, dict[str, float]]
"""By module, then by function."""


@dataclass(frozen=True)
class Scored:
    """An episode with what it is compared with.

    Attributes:
        episode: the function's decisions and score.
        default: the default heuristic's score.
        reward: see :func:`regalloc.rl.rewards.compute_reward`.
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
        self.defaults[module] = {e.function: e.score for e in episodes if math.isfinite(e.score)}

    def without_decision(self) -> set[str]:
        """Return the modules known to have no decision."""
        return {module for module, functions in self.defaults.items() if not functions}

    def score(self, module: str, episodes: Iterable[Episode], decay: float) -> list[Scored]:
        """Compare a compile's episodes with their baselines, then move these.

        A function without a default score, or whose score is not finite, has no reward and is
        left out.
        """
        defaults = self.defaults.get(module, {})
        averages = self.averages.setdefault(module, {})
        scored = []
        for episode in episodes:
            if episode.function not in defaults or not math.isfinite(episode.score):
                continue
            default = defaults[episode.function]
            baseline = averages.get(episode.function, default)
            scored.append(Scored(episode, default, compute_reward(episode.score, baseline)))
            averages[episode.function] = update_baseline(baseline, episode.score, decay)
        return scored

    def to_json(self) -> dict[str, Any]:
        """Return a JSON value that :meth:`from_json` takes back."""
        return {"defaults": self.defaults, "averages": self.averages}

    @classmethod
    def from_json(cls, content: dict[str, Any]) -> Baselines:
        """Return the baselines of a JSON value."""
        return cls(content["defaults"], content["averages"])


def describe_known(found: Mapping[str, Found]) -> tuple[Scores, dict[str, str]]:
    """Return the default scores that the corpus tells, and why others have none, by module."""
    scores = {
        module: {o.function: o.score for o in known.outcomes if math.isfinite(o.score)}
        for module, known in found.items()
        if isinstance(known, Baseline)
    }
    failures = {
        module: f"{known.kind}: {known.detail}"
        for module, known in found.items()
        if isinstance(known, Failed)
    }
    return scores, failures


def read_defaults(path: Path) -> tuple[Scores, dict[str, str]]:
    """Return the default scores of the traced modules, and why others failed, by module.

    Raises:
        TraceError: the file is missing or does not parse.
    """
    try:
        content = json.loads(path.read_text(encoding="utf-8"))
        scores = {
            module: {f["function"]: float(f["score"]) for f in functions}
            for module, functions in content["modules"].items()
        }
        failures = {f["module"]: f"{f['kind']}: {f['detail']}" for f in content["failures"]}
    except (OSError, ValueError, KeyError, TypeError, AttributeError) as error:
        raise TraceError(
            "the default scores cannot be read", f"{path}: {error!r}", "run trace again"
        ) from error
    return scores, failures
