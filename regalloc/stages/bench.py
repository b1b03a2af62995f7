"""Measure upstream's way of training and ours, in turns on the same modules and compiler."""

from __future__ import annotations

import tempfile
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

from regalloc import layout, settings
from regalloc.bench import goals, machine_load, reference
from regalloc.bench.gradient import Learning
from regalloc.bench.measurement import Measurement
from regalloc.bench.sample import choose_modules
from regalloc.bench.ways import Ways
from regalloc.compiler.probe import probe, probe_policy
from regalloc.compiler.toolchain import Toolchain, open_toolchain
from regalloc.formats.baselines import read_baselines
from regalloc.formats.corpus import read_corpus
from regalloc.formats.logs import Episode
from regalloc.formats.vocab_file import read_vocab
from regalloc.report import bench_result as report
from regalloc.rl import deterministic_tf
from regalloc.rl.export import policy_writer
from regalloc.rl.learning.dataset import read_decisions
from regalloc.rl.network.preprocessing import create_encoder
from regalloc.rl.rounds.training_state import load_weights
from regalloc.stages.context import StageContext


def run(context: StageContext) -> None:
    """Write ``bench.json``.

    Raises:
        ConfigError: there is nothing to measure.
        CorpusError: the corpus cannot be used, or has too few modules with a decision.
        TraceError, VocabError, PolicyError: an input cannot be used.
        ToolchainError: clang lacks the ML hooks, or is of a release that is not supported.
        CompileError: a compile failed.
    """
    load_before, others_before = machine_load.read_load(), machine_load.measure_others()
    deterministic_tf.configure()
    toolchain = open_toolchain(context.toolchain)
    probe(toolchain)
    with tempfile.TemporaryDirectory(prefix="regalloc-") as name:
        session = open_session(context, toolchain, Path(name))
        begin = machine_load.look()
        compiles = session.measure_compiles()
        by_workers, by_size = session.measure_workers(), session.measure_sizes()
        steps, iterations = session.measure_learning()
        others_during = machine_load.count_others(begin, machine_load.look())
    content = report.BenchResult(
        version=report.VERSION,
        compiler=toolchain.description,
        machine=report.Machine(
            processor=machine_load.read_processor(),
            cores=machine_load.count_cores(),
            jobs=context.jobs,
            load_before=load_before,
            others_before=others_before,
            others_during=others_during,
        ),
        compiles=compiles,
        steps=steps,
        iterations=iterations,
        by_workers=by_workers,
        by_size=by_size,
        goals=goals.compare(compiles, steps, iterations),
    )
    report.write(content, context.folder(layout.BENCH) / layout.BENCH_RESULT)


def open_session(context: StageContext, toolchain: Toolchain, scratch: Path) -> Measurement:
    """Return what is measured; policies that are made for it are saved below a folder.

    Raises:
        ConfigError, CorpusError, TraceError, VocabError, PolicyError: see :func:`run`.
    """
    bench = context.settings.get(settings.Bench)
    corpus = context.folder(layout.CORPUS)
    modules = choose_modules(read_corpus(corpus), read_baselines(corpus), bench, context.seed)
    learning = open_learning(context)
    agent = learning.create_reference()
    ours = context.folder(layout.WARMSTART) / layout.GREEDY_POLICY
    probe_policy(toolchain, ours)
    theirs = scratch / "upstream"
    reference.save_policy(agent, theirs)
    limits = context.settings.get(settings.Limits)
    count = context.settings.get(settings.Train).rollouts
    rollouts = (ours, *export_rollouts(learning, count, scratch / "rollouts"))
    ways = Ways(toolchain, limits, ours, theirs, rollouts)
    episodes = list(read_episodes(context.folder(layout.TRACE) / layout.TRACE_RECORDS))
    return Measurement(ways, modules, learning, agent, episodes, context.jobs)


def export_rollouts(learning: Learning, rollouts: int, folder: Path) -> Iterator[Path]:
    """Save policies that draw from what learners begin with, one less than a round's rollouts."""
    for number in range(1, rollouts):
        policy_writer.export_sampling(
            folder / str(number), learning.encoder, learning.weights, number
        )
        yield folder / str(number)


def open_learning(context: StageContext) -> Learning:
    """Return what all learners begin with.

    Raises:
        VocabError, PolicyError: an input cannot be used.
    """
    get = context.settings.get
    bench, network = get(settings.Bench), get(settings.Network)
    ppo = replace(
        get(settings.Ppo),
        steps=bench.iteration_steps,
        batch_size=bench.batch_size,
        sequence_length=bench.sequence_length,
    )
    return Learning(
        encoder=create_encoder(read_vocab(context.folder(layout.VOCAB)), network),
        weights=load_weights(context.folder(layout.WARMSTART) / layout.NETWORK_WEIGHTS),
        network=network,
        ppo=ppo,
        rebel=get(settings.Rebel),
        bench=bench,
        seed=context.seed,
    )


def read_episodes(path: Path) -> Iterator[Episode]:
    """Yield the functions of a trace, whose names and scores do not matter here.

    Raises:
        TraceError: the file cannot be read, or holds no decision.
    """
    for number, (observations, actions) in enumerate(zip(*read_decisions(path), strict=True)):
        yield Episode(str(number), dict(observations), actions, {}, 0.0)
