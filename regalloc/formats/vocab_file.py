"""The vocabulary: a ``<feature>.buckets`` file per feature, one boundary a line, ascending."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt

from regalloc.errors import VocabError
from regalloc.formats.features import FEATURE_NAMES
from regalloc.layout import BUCKETS_SUFFIX

Boundaries = npt.NDArray[np.float32]


def write_vocab(folder: Path, vocab: Mapping[str, Boundaries]) -> None:
    """Write the boundaries of every feature, so that reading them gives the same float32.

    Raises:
        VocabError: a feature is missing, or its boundaries are not finite or not ascending.
    """
    for name in FEATURE_NAMES:
        boundaries = check_boundaries(name, vocab.get(name))
        text = "".join(f"{float(value)!r}\n" for value in boundaries)
        (folder / f"{name}{BUCKETS_SUFFIX}").write_text(text, encoding="ascii")


def read_vocab(folder: Path) -> dict[str, Boundaries]:
    """Return the boundaries of every feature, float32 ``(quantiles,)``.

    Raises:
        VocabError: a file is missing or does not parse, or its boundaries are not finite or not
            ascending.
    """
    return {name: _read_boundaries(folder, name) for name in FEATURE_NAMES}


def check_boundaries(name: str, boundaries: npt.NDArray[Any] | None) -> Boundaries:
    """Return the boundaries as float32; equal neighbours are legal, a constant feature has them.

    NaN or infinite boundaries silently lose the feature, and TensorFlow's search and XLA's
    comparisons disagree on them.

    Raises:
        VocabError: there are none, or they are not finite or not ascending.
    """
    if boundaries is None or boundaries.size == 0:
        raise _unusable(name, "it has no boundary")
    if not np.isfinite(boundaries).all():
        raise _unusable(name, "a boundary is not finite")
    if (np.diff(boundaries) < 0).any():
        raise _unusable(name, "the boundaries are not ascending")
    return boundaries.astype(np.float32)


def _read_boundaries(folder: Path, name: str) -> Boundaries:
    path = folder / f"{name}{BUCKETS_SUFFIX}"
    try:
        values = [float(line) for line in path.read_text(encoding="ascii").split()]
    except FileNotFoundError as error:
        raise _unusable(name, f"{path} does not exist") from error
    except ValueError as error:
        raise _unusable(name, f"{path}: {error}") from error
    return check_boundaries(name, np.array(values, np.float32))


def _unusable(name: str, reason: str) -> VocabError:
    return VocabError(
        f"the vocabulary of {name} cannot be used", reason, "run vocab again, or trace more modules"
    )
