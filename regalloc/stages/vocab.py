"""Cut every feature of the default trace into quantiles."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

import numpy as np
import numpy.typing as npt

from regalloc import layout, settings
from regalloc.errors import TraceError, VocabError
from regalloc.formats.features import FEATURES, Feature
from regalloc.formats.trace_file import read_trace
from regalloc.formats.vocab_file import write_vocab
from regalloc.stages.context import StageContext

Array = npt.NDArray[Any]


def run(context: StageContext) -> None:
    """Write ``<feature>.buckets`` for each of the features.

    Raises:
        TraceError: the trace cannot be read, or is empty.
        VocabError: a feature has no finite value.
    """
    cut = context.settings.get(settings.Vocab)
    path = context.folder(layout.TRACE) / layout.TRACE_RECORDS
    values = collect_values(read_trace(path), cut.sampling_fraction, context.seed)
    if not values["progress"].size:
        raise TraceError(
            "the trace is empty", f"{path} has no decision for the vocabulary", "run trace again"
        )
    vocab = {name: cut_quantiles(name, values[name], cut.quantiles) for name in values}
    folder = context.folder(layout.VOCAB)
    folder.mkdir(parents=True, exist_ok=True)
    write_vocab(folder, vocab)


def collect_values(
    sequences: Iterable[Mapping[str, Array]], fraction: float, seed: int
) -> dict[str, Array]:
    """Return each feature's values at legal positions.

    Positions with mask 0 are left out.  LLVM zeroes them, two thirds of all: with them, as
    upstream counts, most of the boundaries would be the number 0, and the network never scores
    those positions anyway.  ``progress`` has one value per decision.

    Args:
        sequences: tensors per function, see ``read_trace``.
        fraction: fraction of the decisions to take.
        seed: which ones.

    Returns:
        per feature a vector of its dtype.
    """
    rng = np.random.default_rng(seed)
    chunks: dict[str, list[Array]] = {feature.name: [] for feature in FEATURES}
    for tensors in sequences:
        mask = tensors["mask"] == 1
        taken = rng.random(len(mask)) < fraction
        for feature in FEATURES:
            chunks[feature.name].append(_select(feature, tensors, mask, taken))
    return {
        feature.name: np.concatenate([np.zeros(0, feature.dtype), *chunks[feature.name]])
        for feature in FEATURES
    }


def cut_quantiles(name: str, values: Array, quantiles: int) -> npt.NDArray[np.float32]:
    """Return the boundaries of a feature, float32 ``(quantiles,)``, from minimum to maximum.

    Infinite values and NaN are left out (``use_def_density`` of an empty range is infinite): one
    of them among the order statistics turns boundaries into NaN.

    Raises:
        VocabError: there is no finite value.
    """
    finite = values[np.isfinite(values)].astype(np.float64)
    if not finite.size:
        raise VocabError(
            f"feature {name} has no finite value",
            f"{values.size} values in the trace",
            "trace more modules",
        )
    boundaries = np.quantile(finite, np.linspace(0.0, 1.0, quantiles))
    # Interpolation between equal values may round down by an ulp.
    return np.maximum.accumulate(boundaries.astype(np.float32))


def _select(feature: Feature, tensors: Mapping[str, Array], mask: Array, taken: Array) -> Array:
    values = tensors[feature.name][taken]
    legal = mask[taken]
    flat: Array = values[legal] if values.shape == legal.shape else values.reshape(-1)
    return flat
