"""Find which of many objects make a program wrong."""

from __future__ import annotations

from collections.abc import Callable, Sequence


def find_culprits(
    candidates: Sequence[str], is_wrong: Callable[[tuple[str, ...]], bool]
) -> tuple[str, ...]:
    """Return objects that make the program wrong together, none of which can be spared.

    Each round finds the shortest prefix of what is left that is wrong along with the culprits
    found so far; its last object is the next culprit.  One culprit of n costs log2(n) + 3 tries.

    Args:
        candidates: the objects that differ between a right and a wrong build.
        is_wrong: whether the program is wrong when just these are taken from the wrong build.

    Returns:
        the culprits; nothing if the program is right with all candidates, or wrong with none.
    """
    if is_wrong(()) or not is_wrong(tuple(candidates)):
        return ()
    culprits: tuple[str, ...] = ()
    left = tuple(candidates)
    while not culprits or not is_wrong(culprits):
        known = culprits
        length = _shortest(len(left), lambda count: is_wrong((*known, *left[:count])))  # noqa: B023
        culprits = (*culprits, left[length - 1])
        left = left[: length - 1]
    return tuple(sorted(culprits))


def _shortest(longest: int, is_enough: Callable[[int], bool]) -> int:
    """Return the least length that is enough, by bisection; ``longest`` is known to be."""
    too_short, enough = 0, longest
    while enough - too_short > 1:
        middle = (too_short + enough) // 2
        if is_enough(middle):
            enough = middle
        else:
            too_short = middle
    return enough
