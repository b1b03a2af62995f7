"""Export policies as folders the compiler loads: the SavedModel, and beside it the weights file.

Equal arguments give equal bytes, in any process.  An export takes about 50 ms, so collection can
have a new policy or a new seed whenever it likes.
"""

from __future__ import annotations

import shutil
from pathlib import Path

from regalloc.formats.output_spec import write_output_spec
from regalloc.layout import POLICY_WEIGHTS, SAVED_MODEL
from regalloc.rl.export import evaluator_weights, policy_graph
from regalloc.rl.network.policy_network import Weights
from regalloc.rl.network.preprocessing import Encoder


def export_greedy(folder: Path, encoder: Encoder, weights: Weights) -> None:
    """Write the policy that takes the likeliest legal action."""
    saved_model = policy_graph.build_greedy(encoder, weights)
    _write(
        folder,
        saved_model,
        evaluator_weights.pack_network("greedy", encoder, weights, 0, saved_model),
    )


def export_sampling(folder: Path, encoder: Encoder, weights: Weights, seed: int) -> None:
    """Write the policy that draws; each seed is another rollout."""
    saved_model = policy_graph.build_sampling(encoder, weights, seed)
    _write(
        folder,
        saved_model,
        evaluator_weights.pack_network("sampling", encoder, weights, seed, saved_model),
    )


def export_random(folder: Path, seed: int) -> None:
    """Write the control that draws evenly from the legal actions."""
    saved_model = policy_graph.build_random(seed)
    _write(folder, saved_model, evaluator_weights.pack_random(seed, saved_model))


def _write(folder: Path, saved_model: bytes, weights_file: bytes) -> None:
    """Replace the folder, the file that makes it complete last."""
    shutil.rmtree(folder, ignore_errors=True)
    folder.mkdir(parents=True)
    (folder / SAVED_MODEL).write_bytes(saved_model)
    (folder / POLICY_WEIGHTS).write_bytes(weights_file)
    write_output_spec(folder, *policy_graph.read_output(saved_model))
