"""Clone the default heuristic, so that PPO starts where the compiler stands today."""

from __future__ import annotations

from pathlib import Path

from regalloc import layout, settings
from regalloc.files import write_json
from regalloc.formats.vocab_file import read_vocab
from regalloc.report.progress import progress
from regalloc.rl import deterministic_tf
from regalloc.rl.export import policy_writer
from regalloc.rl.learning.cloning import Cloner
from regalloc.rl.learning.dataset import encode_decisions, read_decisions
from regalloc.rl.network.policy_network import Weights
from regalloc.rl.network.preprocessing import Encoder, create_encoder
from regalloc.rl.rounds.training_state import save_weights
from regalloc.stages.context import StageContext


def run(context: StageContext) -> None:
    """Write the cloned policy, the random control, ``weights.npz`` and ``history.json``.

    Raises:
        TraceError: the trace cannot be read, or holds no decision.
        VocabError: the vocabulary cannot be used.
    """
    deterministic_tf.configure()
    network = context.settings.get(settings.Network)
    warmstart = context.settings.get(settings.Warmstart)
    encoder = create_encoder(read_vocab(context.folder(layout.VOCAB)), network)
    decisions = read_decisions(context.folder(layout.TRACE) / layout.TRACE_RECORDS)
    encoded = encode_decisions(encoder, *decisions)
    cloner = Cloner(network, warmstart, encoder.width, context.seed)
    with progress("warmstart", warmstart.steps) as advance:
        history = cloner.clone(encoded, advance)
    _write(context.folder(layout.WARMSTART), encoder, cloner.actor.get_values(), context.seed)
    write_json(context.folder(layout.WARMSTART) / layout.CLONING_HISTORY, history)
    agreement = cloner.compute_agreement(encoded)
    print(f"agrees with the default heuristic on {agreement:.1%} of {len(encoded)} decisions")


def _write(folder: Path, encoder: Encoder, weights: Weights, seed: int) -> None:
    folder.mkdir(parents=True, exist_ok=True)
    policy_writer.export_greedy(folder / layout.GREEDY_POLICY, encoder, weights)
    policy_writer.export_sampling(folder / layout.SAMPLING_POLICY, encoder, weights, seed)
    policy_writer.export_random(folder / layout.RANDOM_POLICY, seed)
    save_weights(folder / layout.NETWORK_WEIGHTS, weights)
