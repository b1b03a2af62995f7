"""The ways to build a program that are compared, as a table, and their choice by name."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator

from regalloc.errors import ConfigError
from regalloc.report.programs_result import DEFAULT, DrawnBy, Variant

ALLOCATION = "allocation"
"""Counts of the generated code, for the allocator (docs/profile.md)."""
ORDINARY = "ordinary"
"""LLVM's own profile, for the optimiser: what is usually called PGO."""

_POLICY = ("-mllvm", "-regalloc-enable-advisor=release")
# The default heuristic decides in draws, which change what a policy's draws change.
_UNIFORM = ("-mllvm", "-regalloc-search-policy=none")
MOST_DRAWS = 1000
"""The compiler makes no more of them."""

PLAIN_DRAWS = 8
"""What a release's regalloc-clang does by itself."""
PROFILE_DRAWS = 24
"""With a profile only hot functions are searched, so that more draws cost no more."""


def _search(
    name: str,
    draws: int,
    base: str = DEFAULT,
    profiles: tuple[str, ...] = (),
    by: DrawnBy = "policy",
) -> Variant:
    # What the wrapper does by itself is measured as a user gets it who says nothing.
    told = () if draws == PLAIN_DRAWS else ("-mllvm", f"-regalloc-search={draws}")
    return Variant(
        name=name,
        compiler="regalloc-clang",
        flags=(*told, *(_UNIFORM if by == "uniform" else ())),
        base=base,
        profiles=profiles,
        draws=draws,
        drawn_by=by,
    )


_ALLOCATION, _ORDINARY, _BOTH = (ALLOCATION,), (ORDINARY,), (ORDINARY, ALLOCATION)

TABLE: tuple[Variant, ...] = (
    Variant(name=DEFAULT, compiler="clang", base=""),
    Variant(name="policy", compiler="regalloc-clang", flags=_POLICY),
    _search("searched", PLAIN_DRAWS),
    _search("uniform", PLAIN_DRAWS, by="uniform"),
    Variant(name="profile", compiler="clang", profiles=_ALLOCATION),
    Variant(
        name="profile-policy",
        compiler="regalloc-clang",
        flags=_POLICY,
        base="profile",
        profiles=_ALLOCATION,
    ),
    _search("profile-searched", PROFILE_DRAWS, "profile", _ALLOCATION),
    _search("profile-uniform", PROFILE_DRAWS, "profile", _ALLOCATION, by="uniform"),
    Variant(name="pgo", compiler="clang", profiles=_ORDINARY),
    _search("pgo-searched", PLAIN_DRAWS, "pgo", _ORDINARY),
    Variant(name="pgo-profile", compiler="clang", base="pgo", profiles=_BOTH),
    _search("pgo-profile-searched", PROFILE_DRAWS, "pgo-profile", _BOTH),
)
"""Each behind its base.  A search of another number of draws is called NAME-DRAWS."""

SETS: dict[str, tuple[str, ...]] = {
    "plain": ("policy", "searched", "uniform"),
    "profile": ("profile", "profile-policy", "profile-searched", "profile-uniform"),
    "pgo": ("pgo", "pgo-searched", "pgo-profile", "pgo-profile-searched"),
    "curve": ("searched-0", "searched-2", "searched", "searched-24", "searched-64"),
}
"""Names for several variants; ``all`` is all of these."""
ALL = "all"

_NAMES = {variant.name: variant for variant in TABLE}
_NUMBERED = re.compile(r"(?P<stem>.+)-(?P<draws>\d{1,9})")


def select_variants(names: Iterable[str]) -> tuple[Variant, ...]:
    """Return variants with what they are compared with, the default first, each behind its base.

    Args:
        names: of variants and of sets.

    Raises:
        ConfigError: there is none of a name.
    """
    found = {DEFAULT: _NAMES[DEFAULT]}
    for name in _expand(names):
        for variant in _with_bases(find_variant(name)):
            found[variant.name] = variant
    return tuple(sorted(found.values(), key=_place))


def find_variant(name: str) -> Variant:
    """Return the variant of a name.

    Raises:
        ConfigError: there is none.
    """
    if name in _NAMES:
        return _NAMES[name]
    numbered = _NUMBERED.fullmatch(name)
    stem = _NAMES.get(numbered["stem"]) if numbered else None
    if numbered is None or stem is None or stem.draws is None:
        raise ConfigError(
            f"there is no variant {name!r}",
            f"there are {', '.join(_NAMES)}, with -DRAWS behind those that search, and the sets "
            f"{', '.join((*SETS, ALL))}",
            "correct --variants or Programs.variants and Programs.timed",
        )
    draws = int(numbered["draws"])
    if draws > MOST_DRAWS:
        raise ConfigError(
            f"{name} draws more than {MOST_DRAWS} times",
            "",
            f"take at most {MOST_DRAWS}, as the compiler does",
        )
    if draws == stem.draws:
        return stem
    return _search(name, draws, stem.base, stem.profiles, stem.drawn_by)


def _expand(names: Iterable[str]) -> Iterator[str]:
    for name in names:
        if name == ALL:
            yield from (one for several in SETS.values() for one in several)
        else:
            yield from SETS.get(name, (name,))


def _with_bases(variant: Variant) -> Iterator[Variant]:
    yield variant
    while variant.base:
        variant = _NAMES[variant.base]
        yield variant


def _place(variant: Variant) -> tuple[int, int]:
    """Return a place in the table: numbered ones lie at their stem, by their draws."""
    numbered = _NUMBERED.fullmatch(variant.name)
    stem = numbered["stem"] if numbered and variant.name not in _NAMES else variant.name
    return list(_NAMES).index(stem), variant.draws or 0
