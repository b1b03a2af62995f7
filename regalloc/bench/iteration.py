"""A policy iteration from end to end: compile modules under the policy, read, learn."""

from __future__ import annotations

import time
from collections.abc import Iterator, Sequence
from itertools import cycle, islice
from typing import Any

from regalloc.bench import reference
from regalloc.bench.gradient import Learning, create_experience
from regalloc.bench.scaling import compile_all
from regalloc.bench.ways import Ways
from regalloc.formats.compile_results import Compiled
from regalloc.formats.corpus import Module
from regalloc.formats.logs import Episode
from regalloc.report.bench_parts import Iteration
from regalloc.rl.learning.learner import Experience
from regalloc.rl.learning.ppo import PpoLearner


def measure_ours(
    ways: Ways, modules: Sequence[Module], learning: Learning, learner: PpoLearner, jobs: int
) -> Iteration:
    """Time all of an iteration as `train` does it, modules taken in turn until there are enough.

    As upstream's, it makes one rollout of each module.

    Args:
        ways: how modules are compiled.
        modules: what is compiled.
        learning: what the learner began with.
        learner: has traced its function; takes an iteration's steps in a round.
        jobs: compiles at the same time.

    Raises:
        CompileError: a compile failed.
    """
    bench = learning.bench
    chosen = list(islice(cycle(modules), bench.iteration_modules))
    compiled, collect_s = compile_all(ways.compile_alone, chosen, jobs)
    began = time.monotonic()
    experience = create_experience(learning, list(_episodes(compiled)))
    prepare_s = time.monotonic() - began
    began = time.monotonic()
    learner.learn(experience, (learning.seed, 1))
    return Iteration(
        side="ours",
        modules=bench.iteration_modules,
        steps=bench.iteration_steps,
        measured_modules=len(chosen),
        measured_steps=bench.iteration_steps,
        collect_s=collect_s,
        prepare_s=prepare_s,
        learn_s=time.monotonic() - began,
    )


def measure_upstream(
    ways: Ways, modules: Sequence[Module], learning: Learning, agent: Any, jobs: int
) -> Iteration:
    """Time a part of upstream's iteration and scale it to all.

    Every module has its default score already, so that upstream's second compile is left out; and
    so is what its Python needs to turn logs into examples.  Both make upstream look better.

    Args:
        ways: how modules are compiled.
        modules: what is compiled.
        learning: what the agent began with.
        agent: has traced its function.
        jobs: compiles at the same time.

    Raises:
        CompileError: a compile failed.
    """
    bench = learning.bench
    compiled, collect_s = compile_all(ways.compile_upstream, modules, jobs)
    episodes = list(_episodes(compiled))
    experience = create_experience(learning, episodes)
    examples = make_examples(learning, experience, episodes)
    began = time.monotonic()
    batches = iter(reference.read_examples(examples, bench.batch_size, bench.sequence_length))
    batch = next(batches)
    prepare_s = time.monotonic() - began
    began = time.monotonic()
    for _ in range(bench.upstream_steps):
        agent.train(batch)
        batch = next(batches)
    learn_s = time.monotonic() - began
    more = bench.iteration_modules / len(modules)
    return Iteration(
        side="upstream",
        modules=bench.iteration_modules,
        steps=bench.iteration_steps,
        measured_modules=len(modules),
        measured_steps=bench.upstream_steps,
        collect_s=collect_s * more,
        prepare_s=prepare_s * more,
        learn_s=learn_s * bench.iteration_steps / bench.upstream_steps,
    )


def make_examples(
    learning: Learning, experience: Experience, episodes: Sequence[Episode]
) -> list[bytes]:
    """Return upstream's examples of what ours learns from."""
    return reference.encode_examples(episodes, learning.rate(experience), experience.rewards)


def _episodes(compiled: Sequence[Compiled]) -> Iterator[Episode]:
    for one in compiled:
        yield from one.episodes
