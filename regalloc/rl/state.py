"""All that a run of PPO goes on from, to a checkpoint and back."""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from hashlib import sha256
from pathlib import Path
from typing import Any

import numpy as np

from regalloc.errors import PolicyError
from regalloc.layout import CHECKPOINT, CHECKPOINT_STATE
from regalloc.rl.baselines import Baselines
from regalloc.rl.checkpoint import (
    UNREADABLE,
    Checkpoint,
    load_checkpoint,
    read_arrays,
    save_checkpoint,
    unusable,
)
from regalloc.rl.graph import build_greedy
from regalloc.rl.learner import Learner
from regalloc.rl.network import Weights
from regalloc.rl.preprocessing import Encoder
from regalloc.settings import Section, format_bindings

_BEHIND = "behind/"


@dataclass
class Collection:
    """What a round's compiles change.

    Attributes:
        baselines: scores to compare with.
        cursor: modules passed in the order of modules.
        quarantined: modules no longer compiled, with the reason.
    """

    baselines: Baselines
    cursor: int = 0
    quarantined: dict[str, str] = field(default_factory=dict)


@dataclass
class State:
    """What rounds change, but for the learner's own variables.

    Attributes:
        collection: what their compiles change.
        iteration: rounds done.
        history: a row of metrics per round; no durations, so that equal runs write equal bytes.
        behind: with ``Train.overlap``, the weights that the last round began with.
    """

    collection: Collection
    iteration: int = 0
    history: list[dict[str, Any]] = field(default_factory=list)
    behind: Weights | None = None


def save_state(folder: Path, inputs: str, learner: Learner, state: State) -> None:
    """Write the checkpoint below the folder."""
    meta = {
        "inputs": inputs,
        "baselines": state.collection.baselines.to_json(),
        "iteration": state.iteration,
        "cursor": state.collection.cursor,
        "quarantined": state.collection.quarantined,
        "history": state.history,
    }
    behind = {f"{_BEHIND}{name}": values for name, values in (state.behind or {}).items()}
    save_checkpoint(folder / CHECKPOINT, Checkpoint(dict(learner.get_state()) | behind, meta))


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
        learner.set_state(checkpoint.arrays)
        collection = Collection(
            Baselines.from_json(meta["baselines"]), int(meta["cursor"]), dict(meta["quarantined"])
        )
        behind = {
            name.removeprefix(_BEHIND): values
            for name, values in checkpoint.arrays.items()
            if name.startswith(_BEHIND)
        }
        return State(collection, int(meta["iteration"]), list(meta["history"]), behind or None)
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
