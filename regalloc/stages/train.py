"""Improve the policy: compile with it, compare with the default heuristic, learn, repeat.

Round i collects with the policy that has i rounds of learning behind it, and a last round collects
without learning.  What is exported as ``policies/<i>`` is what round i collected with.

With ``Train.overlap`` the compiles of round i are made while round i - 1 learns, by the policy that
this began with: one round of learning less, but for the first round and the last.
"""

from __future__ import annotations

import shutil
import time
from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import asdict
from typing import Any

import numpy as np

from regalloc import layout, settings
from regalloc.compiler.baselines import read_baselines
from regalloc.compiler.corpus import Module, read_corpus
from regalloc.compiler.default_scores import read_scores
from regalloc.compiler.probe import probe, probe_policy
from regalloc.compiler.toolchain import open_toolchain
from regalloc.compiler.vocab_file import read_vocab
from regalloc.report.progress import progress
from regalloc.rl import backend, policy
from regalloc.rl.ahead import Ahead, Check
from regalloc.rl.algorithms import create_learner
from regalloc.rl.baselines import Baselines, Scored, describe_known, describe_traced
from regalloc.rl.collector import Collected, Collector
from regalloc.rl.dataset import encode_decisions
from regalloc.rl.folder import policy_hash
from regalloc.rl.journal import Journal
from regalloc.rl.learner import Experience
from regalloc.rl.network import Weights
from regalloc.rl.preprocessing import create_encoder
from regalloc.rl.publish import publish
from regalloc.rl.rounds import BATCHES, ROLLOUT, derive_seed
from regalloc.rl.state import (
    Collection,
    State,
    describe_inputs,
    load_state,
    load_weights,
    save_state,
)
from regalloc.stages.context import StageContext
from regalloc.stages.pool import open_pool


def run(context: StageContext) -> None:
    """Train from the warm start, or go on from the checkpoint, and export policies.

    Raises:
        CorpusError, TraceError, VocabError: an input cannot be used.
        PolicyError: the warm start cannot be used, by us or by the compiler.
        ManifestError: the checkpoint does not parse, or belongs to another run.
        ToolchainError: clang lacks the ML hooks, or is of a release that is not supported.
        CompileError: no module gave a score.
    """
    backend.configure()
    rounds = context.settings.get(settings.Train).policy_iterations
    with Ahead[Collected]() as ahead:
        training = Training(context, ahead)
        while training.state.iteration <= rounds:
            training.run_round(last=training.state.iteration == rounds)
    shutil.rmtree(training.folder / layout.COLLECTING, ignore_errors=True)
    training.report()


class Training:
    """What stays the same over a run, and the state that each round changes.

    Args:
        context: of the stage.
        ahead: what compiles beside the learning.
    """

    def __init__(self, context: StageContext, ahead: Ahead[Collected]) -> None:
        get = context.settings.get
        network, train, rebel = get(settings.Network), get(settings.Train), get(settings.Rebel)
        corpus = read_corpus(context.folder(layout.CORPUS))
        modules = {module.name: module for module in corpus if not module.held_out}
        vocab = read_vocab(context.folder(layout.VOCAB))
        weights = load_weights(context.folder(layout.WARMSTART) / layout.NETWORK_WEIGHTS)
        self.folder = context.folder(layout.MODEL)
        self.seed = context.seed
        self.train = train
        self.encoder = create_encoder(vocab, network)
        self.learner = create_learner(network, train, rebel, self.encoder.width, context.seed)
        self.learner.set_weights(weights)
        self.inputs = describe_inputs(
            context.seed, (network, train, rebel), weights, self.encoder, modules
        )
        fresh = _create_state(context, modules)
        self.state = load_state(self.folder, self.inputs, self.learner) or fresh
        self.collector = _create_collector(context, modules)
        self.journal = Journal(self.folder)
        self.ahead = ahead
        self.seconds: dict[str, float] = {}

    def run_round(self, last: bool) -> None:
        """Collect, learn unless it is the last round, export when it is due, and save."""
        state, current = self.state, self.learner.weights
        behind = None if last else state.behind
        weights = current if behind is None else behind
        self.seconds = {}
        began = time.monotonic()
        collected = self.ahead.take()
        if collected:
            self.seconds["wait"] = time.monotonic() - began
        else:
            collected = self._plan(weights, state.iteration, last)(lambda: None)
        state.collection = collected.collection
        self.seconds |= collected.seconds
        if self.train.overlap and state.iteration + 1 < self.train.policy_iterations:
            self.ahead.begin(self._plan(current, state.iteration + 1, last=False))
        metrics = {} if last else self._learn(collected.scored, behind)
        with self._time("save"):
            if last or state.iteration % self.train.export_every == 0:
                seed = derive_seed(self.seed, ROLLOUT, state.iteration)
                publish(self.folder, self.encoder, weights, seed, collected.score)
            state.history.append(asdict(collected.score) | metrics)
            state.iteration += 1
            state.behind = current if self.train.overlap else None
            save_state(self.folder, self.inputs, self.learner, state)
        self._log(collected.scored)

    def report(self) -> None:
        """Print what came out."""
        for module, reason in sorted(self.state.collection.quarantined.items()):
            print(f"quarantined {module}: {reason.partition(chr(10))[0]}")
        final = self.state.history[-1]
        digest = policy_hash(self.folder / layout.GREEDY_POLICY)
        print(
            f"policy {final['iteration']}: spill cost {_show(final['ratio'])} of the default's on "
            f"{final['functions']} functions, sha256 {digest}"
        )

    def _plan(self, weights: Weights, iteration: int, last: bool) -> Callable[[Check], Collected]:
        """Write a round's policies and return what compiles under them.

        Each samples with a seed of its own. Where nothing is learned any more one rollout tells how
        good the policy is.
        """
        count = 1 if last else self.train.rollouts
        collecting = self.folder / layout.COLLECTING
        folders = [collecting / f"{layout.SAMPLING_POLICY}_{i}" for i in range(count)]
        for rollout, folder in enumerate(folders):
            seed = derive_seed(self.seed, ROLLOUT, iteration, rollout)
            policy.export_sampling(folder, self.encoder, weights, seed)
        collection = self.state.collection
        return lambda check: self.collector.collect(folders, collection, iteration, check)

    def _learn(self, scored: Sequence[Scored], weights: Weights | None) -> dict[str, Any]:
        """Improve the policy by what was collected and return metrics by name.

        Args:
            scored: what was collected.
            weights: of the policy that made the decisions, None for the current ones.
        """
        if self.train.rollouts > 1:
            # Where all rollouts cost the same there is nothing to tell them apart by.
            scored = [s for s in scored if s.reward]
        if not scored:
            return {"decisions": 0}
        seed = derive_seed(self.seed, BATCHES, self.state.iteration)
        title, steps = f"learn {self.state.iteration}", self.learner.count_steps(len(scored))
        with self._time("learn"), progress(title, steps) as advance:
            observations = [s.episode.observations for s in scored]
            actions = [s.episode.actions for s in scored]
            experience = Experience(
                encode_decisions(self.encoder, observations, actions),
                np.array([s.episode.decisions for s in scored], np.int64),
                np.array([s.reward for s in scored], np.float32),
                weights,
            )
            metrics = self.learner.learn(experience, (seed,), advance)
        return {"decisions": len(experience.table), **asdict(metrics)}

    def _log(self, scored: Sequence[Scored]) -> None:
        row = self.state.history[-1]
        seconds = {f"seconds/{name}": value for name, value in self.seconds.items()}
        scalars = {name: value for name, value in row.items() if name != "iteration"}
        rewards = np.array([s.reward for s in scored])
        self.journal.write(row["iteration"], scalars | seconds, rewards)
        taken = ", ".join(f"{name} {value:.1f} s" for name, value in self.seconds.items())
        print(
            f"round {row['iteration']}: spill cost {_show(row['ratio'])} of the default's on "
            f"{row['functions']} functions; {taken}"
        )

    @contextmanager
    def _time(self, phase: str) -> Iterator[None]:
        began = time.monotonic()
        yield
        self.seconds[phase] = time.monotonic() - began


def _create_state(context: StageContext, modules: Iterable[str]) -> State:
    """Return where training begins: with all that is known of the default heuristic."""
    scores, failures = describe_traced(read_scores(context.folder(layout.TRACE)))
    found = read_baselines(context.folder(layout.CORPUS))
    known, refused = describe_known({name: found[name] for name in modules if name in found})
    return State(Collection(Baselines(scores | known), quarantined=failures | refused))


def _create_collector(context: StageContext, modules: dict[str, Module]) -> Collector:
    toolchain = open_toolchain(context.toolchain)
    probe(toolchain)
    probe_policy(toolchain, context.folder(layout.WARMSTART) / layout.GREEDY_POLICY)
    return Collector(
        modules,
        pool=open_pool(context, toolchain),
        train=context.settings.get(settings.Train),
        seed=context.seed,
    )


def _show(ratio: float | None) -> str:
    return "unknown" if ratio is None else f"{ratio:.4f}"
