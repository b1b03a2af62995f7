"""Metrics for TensorBoard."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt

from regalloc.layout import EVENTS
from regalloc.rl.deterministic_tf import tf


class Journal:
    """An events file below a folder; a resumed run writes a further one."""

    def __init__(self, folder: Path) -> None:
        self._writer = tf.summary.create_file_writer(str(folder / EVENTS))

    def write(
        self, iteration: int, scalars: Mapping[str, float | None], rewards: npt.NDArray[Any]
    ) -> None:
        """Write a round's metrics, and the distribution of its rewards."""
        with self._writer.as_default(step=iteration):
            for name, value in scalars.items():
                if value is not None:
                    tf.summary.scalar(name, value)
            if len(rewards):
                tf.summary.histogram("reward", rewards)
                for percent in (5, 50, 95):
                    tf.summary.scalar(f"reward/p{percent}", float(np.percentile(rewards, percent)))
        self._writer.flush()
