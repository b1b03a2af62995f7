"""Several builds at the same time."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterable, Iterator, Sequence
from concurrent.futures import FIRST_EXCEPTION, ThreadPoolExecutor, wait

from regalloc.engine.process import end_children
from regalloc.images.tags import Target

Build = Callable[[Target], None]


def side_by_side(build: Build, targets: Iterable[Target]) -> dict[str, float]:
    """Build images that do not depend on each other, each in a thread of its own.

    When one fails, or we are asked to stop, the child processes of the others are ended.

    Returns:
        How long each image took, in seconds, by its name.

    Raises:
        Exception: the first failure of any of them.
    """
    todo = list(targets)
    if len(todo) < 2:
        return {target.name: _time(build, target) for target in todo}
    with ThreadPoolExecutor(len(todo)) as pool:
        futures = {target.name: pool.submit(_time, build, target) for target in todo}
        try:
            wait(futures.values(), return_when=FIRST_EXCEPTION)
            for future in futures.values():
                if future.done():
                    future.result()
        except BaseException:
            end_children()
            raise
    return {name: future.result() for name, future in futures.items()}


def one_by_one(build: Build, targets: Iterable[Target]) -> dict[str, float]:
    """Build images in their order, and return how long each took, in seconds, by its name."""
    return {target.name: _time(build, target) for target in targets}


def waves(targets: Sequence[Target]) -> Iterator[tuple[Target, ...]]:
    """Yield the images that do not depend on each other, those they are built on before them."""
    left = list(targets)
    while left:
        names = {target.name for target in left}
        ready = tuple(
            target
            for target in left
            if not names & {target.image.parent, *target.image.starts_from}
        )
        yield ready
        left = [target for target in left if target not in ready]


def _time(build: Build, target: Target) -> float:
    began = time.monotonic()
    build(target)
    return time.monotonic() - began
