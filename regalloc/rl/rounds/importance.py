"""How much a function's reward counts: by its share of what its program executes.

A function's work is how often it was entered times its score under the default heuristic, which is
the cost of its loads, stores and copies for each entry.  With exact counts that is what the program
spends in it, and a gain of a per cent in a function with half of it is a gain of half a per cent.
A power below 1 lets small functions teach more than their share: there are many of them.
"""

from __future__ import annotations

import math
from collections import defaultdict
from collections.abc import Mapping
from dataclasses import dataclass

from regalloc.compiler.entry_counts import EntryCounts
from regalloc.rl.rounds.reward_baselines import Scores


@dataclass(frozen=True)
class Importance:
    """What rewards are multiplied by.

    Attributes:
        weights: by module and function, of the functions that were counted.
        counted: modules that have counts; in them a function that is not in ``weights`` was never
            executed.
    """

    weights: Mapping[str, Mapping[str, float]]
    counted: frozenset[str]

    def weight(self, module: str, function: str) -> float:
        """Return what a function's reward is multiplied by; 1 in modules without counts."""
        if module not in self.counted:
            return 1.0
        return self.weights.get(module, {}).get(function, 0.0)


def compute_importance(
    scores: Scores, entries: EntryCounts, owners: Mapping[str, str], power: float
) -> Importance:
    """Return the weights of functions, whose squares have the mean 1.

    So rewards vary as much as they do without weights, and a step size stays what it was.

    Args:
        scores: the default heuristic's of the modules that are trained on.
        entries: how often functions were entered.
        owners: the program of each module of one; all others are one program.
        power: that shares are taken to, above 0.

    Raises:
        ValueError: the power is not above 0.
    """
    if power <= 0.0:
        raise ValueError(f"{power} is no power that tells functions apart")
    work = {
        module: _work(scores[module], entries[module]) for module in scores if module in entries
    }
    totals: defaultdict[str, float] = defaultdict(float)
    for module, functions in sorted(work.items()):
        totals[owners.get(module, "")] += math.fsum(functions.values())
    raw = {
        module: {
            name: (amount / totals[owners.get(module, "")]) ** power
            for name, amount in functions.items()
        }
        for module, functions in work.items()
    }
    every = [weight for functions in raw.values() for weight in functions.values()]
    scale = math.sqrt(math.fsum(w * w for w in every) / len(every)) if every else 1.0
    weights = {
        module: {name: weight / scale for name, weight in functions.items()}
        for module, functions in raw.items()
    }
    return Importance(weights, frozenset(entries))


def _work(scores: Mapping[str, float], entries: Mapping[str, int]) -> dict[str, float]:
    """Return what each function that was executed and costs something costs in all."""
    work = {name: entries.get(name, 0) * score for name, score in scores.items()}
    return {name: amount for name, amount in work.items() if amount > 0.0}
