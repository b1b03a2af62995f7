"""One round's compiles: which modules, their default scores, what the policy made of them."""

from __future__ import annotations

import time
from collections.abc import Mapping, Sequence
from copy import deepcopy
from dataclasses import dataclass
from itertools import groupby
from pathlib import Path

import numpy as np

from regalloc.compiler.corpus import Module
from regalloc.compiler.pool import Pool, count_kinds
from regalloc.compiler.rollouts import Request
from regalloc.compiler.runner import Compiled, Failed, Result
from regalloc.errors import CompileError
from regalloc.report.progress import progress
from regalloc.report.ratios import compute_ratio
from regalloc.rl.ahead import Check
from regalloc.rl.baselines import Scored
from regalloc.rl.publish import CollectedScore
from regalloc.rl.rounds import ModuleOrder
from regalloc.rl.state import Collection
from regalloc.settings import Train


@dataclass(frozen=True)
class Collected:
    """What a round's compiles gave.

    Attributes:
        collection: as it is after them.
        scored: every function's episodes.
        score: how the policy did.
        seconds: elapsed, by what was compiled.
    """

    collection: Collection
    scored: list[Scored]
    score: CollectedScore
    seconds: dict[str, float]


class Collector:
    """Compiles training modules under a policy and scores them.

    Args:
        modules: by name, the modules to train on.
        pool: what compiles; changes no result.
        train: how many modules a round takes, and how baselines move.
        seed: of the run.
    """

    def __init__(
        self,
        modules: Mapping[str, Module],
        *,
        pool: Pool,
        train: Train,
        seed: int,
    ) -> None:
        self._modules = modules
        self._order = ModuleOrder(list(modules), seed)
        self._pool = pool
        self._train = train

    def collect(
        self, policies: Sequence[Path], collection: Collection, iteration: int, check: Check
    ) -> Collected:
        """Compile the next modules with a decision under each rollout's policy.

        Args:
            policies: one per rollout.
            collection: as it was before; stays so.
            iteration: the round.
            check: called once per compile.

        Raises:
            CompileError: no function got a reward.
        """
        after = deepcopy(collection)
        began = time.monotonic()
        modules = self._choose(after, check)
        chosen = time.monotonic()
        requests = [(module, policy) for module in modules for policy in policies]
        results = self._compile(requests, f"collect {iteration}", after, check)
        compiled = [result for result in results if isinstance(result, Compiled)]
        scored = []
        for name, rollouts in groupby(compiled, lambda result: result.module):
            episodes = [rollout.episodes for rollout in rollouts]
            scored += after.baselines.score(name, episodes, self._train)
        if not scored:
            raise _nothing_scored(results)
        score = CollectedScore(
            iteration=iteration,
            ratio=compute_ratio([(s.default, s.episode.score) for s in scored]),
            reward=float(np.mean([s.reward for s in scored])),
            functions=len(scored),
            modules=len(compiled),
            failed=len(results) - len(compiled),
        )
        seconds = {"default": chosen - began, "collect": time.monotonic() - chosen}
        return Collected(after, scored, score, seconds)

    def _choose(self, collection: Collection, check: Check) -> list[Module]:
        """Return the next modules with a decision, having compiled new ones for their default."""
        names, collection.cursor = self._order.take(
            collection.cursor, self._train.modules_per_iteration, _unusable(collection)
        )
        known = collection.baselines.defaults
        new = [self._modules[name] for name in names if name not in known]
        requests: list[Request] = [(module, None) for module in new]
        for result in self._compile(requests, "default", collection, check) if new else []:
            if isinstance(result, Compiled):
                collection.baselines.add_default(result.module, result.episodes)
        skip = _unusable(collection)
        return [self._modules[name] for name in names if name not in skip]

    def _compile(
        self, requests: Sequence[Request], title: str, collection: Collection, check: Check
    ) -> list[Result]:
        with progress(title, len(requests)) as advance:

            def advance_if_wanted() -> None:
                check()
                advance()

            results = self._pool.compile(requests, advance_if_wanted)
        for result in results:
            # The pool has tried it Limits.attempts times already.
            if isinstance(result, Failed):
                collection.quarantined[result.module] = f"{result.kind}: {result.detail}"
        return results


def _unusable(collection: Collection) -> set[str]:
    return collection.baselines.without_decision() | collection.quarantined.keys()


def _nothing_scored(results: Sequence[Result]) -> CompileError:
    failures = [result for result in results if isinstance(result, Failed)]
    if not failures:
        return CompileError(
            "no module is left to train on",
            f"{len(results)} modules compiled, no function of theirs has a score",
            "take a larger corpus; modules that failed are no longer tried",
        )
    return CompileError(
        f"none of {len(results)} modules gave a score",
        f"{count_kinds(failures)}\nfirst: {failures[0].module}: {failures[0].detail}",
        "raise Limits.wall_s or Limits.memory_mb for timeout and out_of_memory",
    )
