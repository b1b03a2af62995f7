"""Clone the default heuristic, so that PPO starts where the compiler stands today."""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np

from regalloc import settings
from regalloc.compiler.trace_file import TRACE
from regalloc.compiler.vocab_file import read_vocab
from regalloc.report.progress import progress
from regalloc.rl import backend, policy
from regalloc.rl.cloning import Cloner
from regalloc.rl.dataset import encode_decisions, read_decisions
from regalloc.rl.folder import GREEDY, RANDOM, SAMPLING
from regalloc.rl.network import Weights
from regalloc.rl.preprocessing import Encoder, create_encoder
from regalloc.stages import table
from regalloc.stages.context import StageContext

HISTORY = "history.json"
WEIGHTS = "weights.npz"


def run(context: StageContext) -> None:
    """Write the cloned policy, the random control, ``weights.npz`` and ``history.json``.

    Raises:
        TraceError: the trace cannot be read, or holds no decision.
        VocabError: the vocabulary cannot be used.
    """
    backend.configure()
    network = context.settings.get(settings.Network)
    warmstart = context.settings.get(settings.Warmstart)
    encoder = create_encoder(read_vocab(context.folder(table.VOCAB)), network)
    decisions = read_decisions(context.folder(table.TRACE) / TRACE)
    encoded = encode_decisions(encoder, *decisions)
    cloner = Cloner(network, warmstart, encoder.width, context.seed)
    with progress("warmstart", warmstart.steps) as advance:
        history = cloner.clone(encoded, advance)
    _write(context.folder(table.WARMSTART), encoder, cloner.actor.get_values(), context.seed)
    content = json.dumps(history, indent=1) + "\n"
    (context.folder(table.WARMSTART) / HISTORY).write_text(content, encoding="utf-8")
    agreement = cloner.compute_agreement(encoded)
    print(f"agrees with the default heuristic on {agreement:.1%} of {len(encoded)} decisions")


def _write(folder: Path, encoder: Encoder, weights: Weights, seed: int) -> None:
    folder.mkdir(parents=True, exist_ok=True)
    policy.export_greedy(folder / GREEDY, encoder, weights)
    policy.export_sampling(folder / SAMPLING, encoder, weights, seed)
    policy.export_random(folder / RANDOM, seed)
    with (folder / WEIGHTS).open("wb") as file:
        np.savez(file, **weights)
