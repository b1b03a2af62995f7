"""Export policies as folders the compiler loads.

Equal arguments give equal bytes, in any process.  An export takes about 50 ms, so collection can
have a new policy or a new seed whenever it likes.
"""

from __future__ import annotations

import json
import shutil
from pathlib import Path

from regalloc.compiler.features import DECISION
from regalloc.rl import graph
from regalloc.rl.folder import OUTPUT_SPEC, SAVED_MODEL
from regalloc.rl.network import Weights
from regalloc.rl.preprocessing import Encoder


def export_greedy(folder: Path, encoder: Encoder, weights: Weights) -> None:
    """Write the policy that takes the likeliest legal action."""
    _write(folder, graph.build_greedy(encoder, weights))


def export_sampling(folder: Path, encoder: Encoder, weights: Weights, seed: int) -> None:
    """Write the policy that draws; each seed is another rollout."""
    _write(folder, graph.build_sampling(encoder, weights, seed))


def export_random(folder: Path, seed: int) -> None:
    """Write the control that draws evenly from the legal actions."""
    _write(folder, graph.build_random(seed))


def _write(folder: Path, saved_model: bytes) -> None:
    """Replace the folder, the file that makes it complete last."""
    shutil.rmtree(folder, ignore_errors=True)
    folder.mkdir(parents=True)
    name, port = graph.read_output(saved_model)
    tensor = {"name": name, "port": port, "type": "int64_t", "shape": [1]}
    spec = [{"logging_name": DECISION, "tensor_spec": tensor}]
    (folder / SAVED_MODEL).write_bytes(saved_model)
    (folder / OUTPUT_SPEC).write_text(json.dumps(spec) + "\n")
