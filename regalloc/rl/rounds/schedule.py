"""Which modules each round compiles, and the seeds of its random choices."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from functools import lru_cache

import numpy as np

ORDER = 0x6D6F64
ROLLOUT = 0x726F6C
BATCHES = 0x626174


class ModuleOrder:
    """All modules in one shuffled order after the other, which a cursor walks through.

    The order depends on names and seed alone, so that a run which was interrupted goes on with
    the modules an undisturbed one would have taken.

    Args:
        names: the modules to choose from, at least one.
        seed: of the run.
    """

    def __init__(self, names: Sequence[str], seed: int) -> None:
        self._names = sorted(names)
        self._seed = seed
        self._shuffle = lru_cache(maxsize=2)(self._draw_epoch)

    def take(self, cursor: int, count: int, skip: Collection[str]) -> tuple[tuple[str, ...], int]:
        """Return the next modules, each at most once, and where the cursor then stands.

        Args:
            cursor: modules passed so far.
            count: modules wanted; fewer are returned if there are fewer.
            skip: modules not to take.
        """
        available = len(set(self._names) - set(skip))
        chosen: dict[str, None] = {}
        while len(chosen) < min(count, available):
            epoch, place = divmod(cursor, len(self._names))
            name = self._names[self._shuffle(epoch)[place]]
            cursor += 1
            if name not in skip:
                chosen[name] = None
        return tuple(chosen), cursor

    def _draw_epoch(self, epoch: int) -> list[int]:
        rng = np.random.default_rng([self._seed, ORDER, epoch])
        order: list[int] = rng.permutation(len(self._names)).tolist()
        return order


def derive_seed(seed: int, purpose: int, iteration: int, rollout: int = 0) -> int:
    """Return a 64-bit seed for one purpose in one round, and one of its rollouts."""
    sequence = np.random.SeedSequence([seed, purpose, iteration, rollout])
    return int(sequence.generate_state(1, np.uint64)[0])
