"""A checkpoint: arrays and JSON in one file that is either the old one or the new one.

The format is numpy's ``.npz``.  One file, because two files cannot be replaced at once.
"""

from __future__ import annotations

import json
import zipfile
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt

from regalloc.errors import ManifestError
from regalloc.files import write_whole
from regalloc.layout import CHECKPOINT_STATE

Array = npt.NDArray[Any]

_META = "__meta__"

UNREADABLE = (OSError, ValueError, EOFError, AttributeError, zipfile.BadZipFile)
"""What reading a file that is no ``.npz`` raises, depending on what it is instead."""


@dataclass(frozen=True, eq=False)
class Checkpoint:
    """What a run goes on from.

    Attributes:
        arrays: weights and optimiser, by name.
        meta: everything else, as JSON; floats come back bit for bit.
    """

    arrays: Mapping[str, Array]
    meta: Mapping[str, Any]


def save_checkpoint(folder: Path, checkpoint: Checkpoint) -> None:
    """Replace the folder's checkpoint atomically and durably.

    Raises:
        DiskError: it cannot be written; the old one is still there.
    """
    folder.mkdir(parents=True, exist_ok=True)
    meta = np.frombuffer(json.dumps(dict(checkpoint.meta)).encode("utf-8"), np.uint8)
    with write_whole(folder / CHECKPOINT_STATE) as file:
        np.savez(file, **{_META: meta}, **checkpoint.arrays)


def load_checkpoint(folder: Path) -> Checkpoint | None:
    """Return the folder's checkpoint, or None if it has none.

    Raises:
        ManifestError: it does not parse.
    """
    path = folder / CHECKPOINT_STATE
    if not path.exists():
        return None
    try:
        arrays = read_arrays(path)
        meta = json.loads(arrays.pop(_META).tobytes().decode("utf-8"))
    except (*UNREADABLE, KeyError) as error:
        raise unusable(path, str(error)) from error
    return Checkpoint(arrays, meta)


def read_arrays(path: Path) -> dict[str, Array]:
    """Return the arrays of an ``.npz`` file.

    Raises:
        UNREADABLE: one of these errors, if the file is missing or does not parse.
    """
    # Opened here, because numpy leaves a file open that turns out not to be an archive.
    with path.open("rb") as file, np.load(file, allow_pickle=False) as stored:
        return {name: stored[name] for name in stored.files}


def unusable(path: Path, reason: str) -> ManifestError:
    """Return the error for a checkpoint that cannot be gone on from."""
    return ManifestError(
        f"the checkpoint {path} cannot be used",
        reason,
        f"remove {path.parent} to train from the warm start, or restore it from a backup",
    )
