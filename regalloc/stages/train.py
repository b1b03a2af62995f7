"""Improve the policy: compile with it, compare with the default heuristic, learn, repeat.

Round i collects with the policy that has i rounds of learning behind it, so what is exported as
``policies/<i>`` is what its score was collected at.  A last round collects without learning.
"""

from __future__ import annotations

import shutil
import time
from collections.abc import Collection, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import asdict
from pathlib import Path
from typing import Any

import numpy as np

from regalloc import layout, settings
from regalloc.compiler.entry_counts import read_counts
from regalloc.compiler.probe import probe, probe_policy
from regalloc.compiler.toolchain import open_toolchain
from regalloc.errors import ConfigError
from regalloc.formats.baselines import read_baselines
from regalloc.formats.corpus import Module, read_corpus, read_trained_programs
from regalloc.formats.default_scores import read_scores
from regalloc.formats.trained_on import write_trained_on
from regalloc.formats.vocab_file import read_vocab
from regalloc.report.progress import progress
from regalloc.rl import deterministic_tf
from regalloc.rl.export import policy_writer
from regalloc.rl.export.policy_folder import policy_hash
from regalloc.rl.learning.algorithms import create_learner
from regalloc.rl.learning.dataset import encode_decisions
from regalloc.rl.learning.learner import Experience
from regalloc.rl.network.policy_network import Weights
from regalloc.rl.network.preprocessing import create_encoder
from regalloc.rl.rounds.collector import Collector
from regalloc.rl.rounds.importance import Importance, compute_importance
from regalloc.rl.rounds.published_policies import publish
from regalloc.rl.rounds.reward_baselines import Baselines, Scored, describe_known, describe_traced
from regalloc.rl.rounds.schedule import BATCHES, ROLLOUT, derive_seed
from regalloc.rl.rounds.tensorboard_log import Journal
from regalloc.rl.rounds.training_state import (
    State,
    describe_inputs,
    load_state,
    load_weights,
    save_state,
)
from regalloc.stages.compile_pool import open_pool
from regalloc.stages.context import StageContext


def run(context: StageContext) -> None:
    """Train from the warm start, or go on from the checkpoint, and export policies.

    Raises:
        CorpusError, TraceError, VocabError: an input cannot be used.
        PolicyError: the warm start cannot be used, by us or by the compiler.
        ManifestError: the checkpoint does not parse, or belongs to another run.
        ToolchainError: clang lacks the ML hooks, or is of a release that is not supported.
        CompileError: no module gave a score.
        ConfigError: rewards are to be weighed by shares that the corpus does not tell, or are for
            the best of more draws than there are rollouts to choose from.
    """
    deterministic_tf.configure()
    training = Training(context)
    rounds = context.settings.get(settings.Train).policy_iterations
    while training.state.iteration <= rounds:
        training.run_round(last=training.state.iteration == rounds)
    shutil.rmtree(training.folder / layout.COLLECTING, ignore_errors=True)
    training.report()


class Training:
    """What stays the same over a run, and the state that each round changes."""

    def __init__(self, context: StageContext) -> None:
        get = context.settings.get
        network, train = get(settings.Network), get(settings.Train)
        own = get(settings.section_of(train.algorithm))
        corpus = read_corpus(context.folder(layout.CORPUS))
        modules = {module.name: module for module in corpus if not module.held_out}
        vocab = read_vocab(context.folder(layout.VOCAB))
        weights = load_weights(context.folder(layout.WARMSTART) / layout.NETWORK_WEIGHTS)
        self.programs = read_trained_programs(context.folder(layout.CORPUS))
        self.folder = context.folder(layout.MODEL)
        self.seed = context.seed
        self.train = train
        self.encoder = create_encoder(vocab, network)
        self.learner = create_learner(context.settings, self.encoder.width, context.seed)
        self.learner.actor.set_values(weights)
        self.inputs = describe_inputs(
            context.seed, (network, train, own), weights, self.encoder, modules
        )
        fresh = _create_state(context, modules)
        self.state = load_state(self.folder, self.inputs, self.learner) or fresh
        importance = _create_importance(context, modules)
        self.collector = _create_collector(context, modules, importance)
        self.journal = Journal(self.folder)
        self.seconds: dict[str, float] = {}

    def run_round(self, last: bool) -> None:
        """Collect, learn unless it is the last round, export when it is due, and save."""
        self.seconds = {}
        state, weights = self.state, self.learner.actor.get_values()
        with self._time("default"):
            modules = self.collector.choose(state)
        with self._time("collect"):
            folders = self._export_rollouts(weights, last)
            scored, score = self.collector.collect(modules, folders, state)
        metrics = {} if last else self._learn(scored)
        with self._time("save"):
            if last or state.iteration % self.train.export_every == 0:
                seed = derive_seed(self.seed, ROLLOUT, state.iteration)
                publish(self.folder, self.encoder, weights, seed, score)
            state.history.append(asdict(score) | metrics)
            state.iteration += 1
            save_state(self.folder, self.inputs, self.learner, state)
        self._log(scored)

    def report(self) -> None:
        """Say which programs the policy was trained on, and print what came out."""
        write_trained_on(self.folder, self.programs)
        for module, reason in sorted(self.state.quarantined.items()):
            print(f"quarantined {module}: {reason.partition(chr(10))[0]}")
        final = self.state.history[-1]
        digest = policy_hash(self.folder / layout.GREEDY_POLICY)
        print(
            f"policy {final['iteration']}: spill cost {_show(final['ratio'])} of the default's on "
            f"{final['functions']} functions, sha256 {digest}"
        )

    def _export_rollouts(self, weights: Weights, last: bool) -> list[Path]:
        """Write the policy that samples once per rollout, each with a seed of its own.

        Where nothing is learned any more one rollout tells how good the policy is.
        """
        count = 1 if last else self.train.rollouts
        collecting = self.folder / layout.COLLECTING
        folders = [collecting / f"{layout.SAMPLING_POLICY}_{i}" for i in range(count)]
        for rollout, folder in enumerate(folders):
            seed = derive_seed(self.seed, ROLLOUT, self.state.iteration, rollout)
            policy_writer.export_sampling(folder, self.encoder, weights, seed)
        return folders

    def _learn(self, scored: Sequence[Scored]) -> dict[str, Any]:
        """Improve the policy by what was collected and return metrics by name."""
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


def _create_state(context: StageContext, modules: Collection[str]) -> State:
    """Return where training begins: with all that is known of the default heuristic."""
    scores, failures = describe_traced(read_scores(context.folder(layout.TRACE)))
    found = read_baselines(context.folder(layout.CORPUS))
    known, refused = describe_known({name: found[name] for name in modules if name in found})
    return State(Baselines(scores | known), quarantined=failures | refused)


def _create_importance(context: StageContext, modules: Collection[str]) -> Importance | None:
    """Return how much each function's reward counts, None where all count alike.

    Raises:
        ConfigError: the power is negative, or the corpus was built without a profile.
    """
    power = context.settings.get(settings.Train).share_power
    if power == 0.0:
        return None
    folder = context.folder(layout.CORPUS)
    entries = read_counts(folder / layout.ENTRY_COUNTS)
    if power < 0.0 or entries is None:
        raise ConfigError(
            f"Train.share_power={power:g} cannot be used",
            "it is negative" if power < 0.0 else "the corpus has no profile",
            "set it to 0, or take a corpus with a profile: --corpus-from=program:NAME, or --pgo",
        )
    programs = read_trained_programs(folder)
    owners = {name: name.partition("/")[0] for name in modules}
    own = {name: owner for name, owner in owners.items() if owner in programs}
    # From the start, whatever an interrupted run has found out since.
    known = read_baselines(folder)
    scores, _ = describe_known({name: known[name] for name in modules if name in known})
    return compute_importance(scores, entries, own, power)


def _create_collector(
    context: StageContext, modules: dict[str, Module], importance: Importance | None
) -> Collector:
    train = context.settings.get(settings.Train)
    _check_best_of(train.best_of, train.rollouts)
    toolchain = open_toolchain(context.toolchain)
    probe(toolchain)
    probe_policy(toolchain, context.folder(layout.WARMSTART) / layout.GREEDY_POLICY)
    return Collector(
        modules,
        pool=open_pool(context, toolchain),
        train=train,
        decay=_find_decay(context.settings),
        seed=context.seed,
        importance=importance,
    )


def _check_best_of(draws: int, rollouts: int) -> None:
    """Raise ConfigError where there are no draws, or no fewer than rollouts to choose them from."""
    if draws == 1 or 1 < draws < rollouts:
        return
    raise ConfigError(
        f"Train.best_of={draws} cannot be used",
        f"Train.rollouts is {rollouts}; only the best of fewer tells them apart",
        "set Train.best_of to 1, or to less than Train.rollouts: half of it, say",
    )


def _find_decay(given: settings.Settings) -> float | None:
    """Return the decay of the moving averages, None where there are rollouts to compare."""
    if given.get(settings.Train).rollouts > 1:
        return None
    return given.get(settings.Ppo).baseline_decay


def _show(ratio: float | None) -> str:
    return "unknown" if ratio is None else f"{ratio:.4f}"
