"""All that a training run goes on from, to a checkpoint and back."""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from hashlib import sha256
from pathlib import Path
from typing import Any

import numpy as np

from regalloc.errors import PolicyError
from regalloc.formats.checkpoint import (
    UNREADABLE,
    Checkpoint,
    load_checkpoint,
    read_arrays,
    save_checkpoint,
    unusable,
)
from regalloc.layout import CHECKPOINT, CHECKPOINT_STATE
from regalloc.profiles import format_bindings
from regalloc.rl.export.policy_graph import build_greedy
from regalloc.rl.learning.learner import Learner, get_state, set_state
from regalloc.rl.network.policy_network import Weights
from regalloc.rl.network.preprocessing import Encoder
from regalloc.rl.rounds.reward_baselines import Baselines
from regalloc.settings import Section


@dataclass
class State:
    """What rounds change, but for the learner's own variables.

    Attributes:
        baselines: scores to compare with.
        iteration: rounds done.
        cursor: modules passed in the order of modules.
        quarantined: modules no longer compiled, with the reason.
        history: a row of metrics per round; no durations, so that equal runs write equal bytes.
    """

    baselines: Baselines
    iteration: int = 0
    cursor: int = 0
    quarantined: dict[str, str] = field(default_factory=dict)
    history: list[dict[str, Any]] = field(default_factory=list)


def save_state(folder: Path, inputs: str, learner: Learner, state: State) -> None:
    """Write the checkpoint below the folder."""
    meta = {
        "inputs": inputs,
        "baselines": state.baselines.to_json(),
        "iteration": state.iteration,
        "cursor": state.cursor,
        "quarantined": state.quarantined,
        "history": state.history,
    }
    save_checkpoint(folder / CHECKPOINT, Checkpoint(get_state(learner), meta))


def load_state(folder: Path, inputs: str, learner: Learner) -> State | None:
    """Bring learner and state to where the checkpoint left them; None if there is none.

    Raises:
        ManifestError: it does not parse, does not fit the network, or belongs to other inputs.
    """
    checkpoint = load_checkpoint(folder / CHECKPOINT)
    if checkpoint is None:
        return None
    path = folder / CHECKPOINT / CHECKPOINT_STATE
    meta = checkpoint.meta
    if meta.get("inputs") != inputs:
        raise unusable(path, "it was written with another seed, corpus, setting or warm start")
    try:
        set_state(learner, checkpoint.arrays)
        return State(
            Baselines.from_json(meta["baselines"]),
            int(meta["iteration"]),
            int(meta["cursor"]),
            dict(meta["quarantined"]),
            list(meta["history"]),
        )
    except (KeyError, ValueError, TypeError) as error:
        raise unusable(path, f"{error!r}") from error


def save_weights(path: Path, weights: Weights) -> None:
    """Write the weights that training starts from."""
    with path.open("wb") as file:
        np.savez(file, **weights)


def load_weights(path: Path) -> Weights:
    """Return the weights that warmstart wrote.

    Raises:
        PolicyError: the file is missing or does not parse.
    """
    try:
        return read_arrays(path)
    except UNREADABLE as error:
        raise PolicyError(
            "the warm start has no usable weights", f"{path}: {error}", "run warmstart again"
        ) from error


def describe_inputs(
    seed: int,
    sections: Iterable[Section],
    weights: Weights,
    encoder: Encoder,
    modules: Mapping[str, object],
) -> str:
    """Return a sha256 of what a run's numbers depend on; the policy stands for the vocabulary."""
    bindings = format_bindings(sections)
    digest = sha256(json.dumps([seed, bindings, sorted(modules)]).encode())
    digest.update(build_greedy(encoder, weights))
    return digest.hexdigest()
