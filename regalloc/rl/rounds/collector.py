"""One round's compiles: which modules, their default scores, what the policy made of them."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from itertools import groupby
from pathlib import Path

import numpy as np

from regalloc.compiler.pool import Pool, count_kinds
from regalloc.compiler.rollouts import Request
from regalloc.errors import CompileError
from regalloc.formats.compile_results import Compiled, Failed, Result
from regalloc.formats.corpus import Module
from regalloc.report.progress import progress
from regalloc.report.ratios import compute_ratio
from regalloc.rl.rounds.importance import Importance
from regalloc.rl.rounds.published_policies import CollectedScore
from regalloc.rl.rounds.reward_baselines import Scored
from regalloc.rl.rounds.schedule import ModuleOrder
from regalloc.rl.rounds.training_state import State
from regalloc.settings import Train


class Collector:
    """Compiles training modules under a policy and scores them.

    Args:
        modules: by name, the modules to train on.
        pool: what compiles; changes no result.
        train: how many modules a round takes, and how scores become rewards.
        decay: of the moving averages; see :meth:`Baselines.score`.
        seed: of the run.
        importance: how much each function's reward counts; None where all count alike.
    """

    def __init__(
        self,
        modules: Mapping[str, Module],
        *,
        pool: Pool,
        train: Train,
        decay: float | None,
        seed: int,
        importance: Importance | None = None,
    ) -> None:
        self._modules = modules
        self._order = ModuleOrder(list(modules), seed)
        self._pool = pool
        self._train = train
        self._decay = decay
        self._importance = importance

    def choose(self, state: State) -> list[Module]:
        """Return the next modules with a decision, having compiled new ones for their default."""
        skip = _unusable(state)
        names, state.cursor = self._order.take(
            state.cursor, self._train.modules_per_iteration, skip
        )
        new = [self._modules[name] for name in names if name not in state.baselines.defaults]
        requests: list[Request] = [(module, None) for module in new]
        for result in self._compile(requests, "default", state) if new else []:
            if isinstance(result, Compiled):
                state.baselines.add_default(result.module, result.episodes)
        skip = _unusable(state)
        return [self._modules[name] for name in names if name not in skip]

    def collect(
        self, modules: Sequence[Module], policies: Sequence[Path], state: State
    ) -> tuple[list[Scored], CollectedScore]:
        """Compile modules under each rollout's policy and return all rewards, and a summary.

        Raises:
            CompileError: no function got a reward.
        """
        requests = [(module, policy) for module in modules for policy in policies]
        results = self._compile(requests, f"collect {state.iteration}", state)
        compiled = [result for result in results if isinstance(result, Compiled)]
        scored = []
        for name, rollouts in groupby(compiled, lambda result: result.module):
            episodes = [rollout.episodes for rollout in rollouts]
            scored += self._weigh(
                name,
                state.baselines.score(
                    name,
                    episodes,
                    log_reward=self._train.log_reward,
                    decay=self._decay,
                    best_of=self._train.best_of,
                ),
            )
        if not scored:
            raise _nothing_scored(results)
        score = CollectedScore(
            iteration=state.iteration,
            ratio=compute_ratio([(s.default, s.episode.score) for s in scored]),
            reward=float(np.mean([s.reward for s in scored])),
            functions=len(scored),
            modules=len(compiled),
            failed=len(results) - len(compiled),
        )
        return scored, score

    def _weigh(self, module: str, scored: list[Scored]) -> list[Scored]:
        if self._importance is None:
            return scored
        weight = self._importance.weight
        return [replace(s, reward=s.reward * weight(module, s.episode.function)) for s in scored]

    def _compile(self, requests: Sequence[Request], title: str, state: State) -> list[Result]:
        with progress(title, len(requests)) as advance:
            results = self._pool.compile(requests, advance)
        for result in results:
            # The pool has tried it Limits.attempts times already.
            if isinstance(result, Failed):
                state.quarantined[result.module] = f"{result.kind}: {result.detail}"
        return results


def _unusable(state: State) -> set[str]:
    return state.baselines.without_decision() | state.quarantined.keys()


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
