"""Settings filled by gin: from a profile's files, or from a stage's command line.

gin stops here.  The host reads a profile from ``configs/`` once, and hands each stage exactly the
bindings it uses on its command line; the stage turns them back into the same values.
"""

from __future__ import annotations

import dataclasses

# gin's search for included files uses it without importing it.
import importlib.util  # noqa: F401
import re
from collections.abc import Iterable, Sequence
from functools import cache
from pathlib import Path
from typing import Annotated, Any, Literal, get_args, get_origin, get_type_hints

import gin

from regalloc.errors import ConfigError
from regalloc.settings import SECTIONS, Ppo, Range, Section, Settings

CONFIGS = Path(__file__).resolve().parent.parent / "configs"

MOVED = {f"Train.{field.name}": f"Ppo.{field.name}" for field in dataclasses.fields(Ppo)}
"""Settings that had another name, and the one that they have now."""

REMOVED = ("Train.overlap",)
"""Settings that there are no more."""

_BINDING = re.compile(r"\s*([A-Za-z_]\w*\.[A-Za-z_]\w*)\s*=\s*(.*?)\s*", re.DOTALL)
_WORD = re.compile(r"[A-Za-z_][\w.+-]*")
# As gin says it.
_NO_SUCH_NAME = re.compile(r"Configurable '(\w+)' doesn't have a parameter named '(\w+)'")


def load_profile(profile: str, bindings: Sequence[str] = ()) -> Settings:
    """Read a profile, by name from ``configs/profiles`` or as a path, with bindings on top.

    Raises:
        ConfigError: the profile does not exist, or a name or value in it is unknown.
    """
    path = Path(profile) if profile.endswith(".gin") else CONFIGS / "profiles" / f"{profile}.gin"
    if not path.is_file():
        known = ", ".join(sorted(p.stem for p in (CONFIGS / "profiles").glob("*.gin")))
        raise ConfigError(
            f"no profile {profile!r}",
            f"looked for {path}",
            f"use one of {known}, or the path of a .gin file",
        )
    return Settings(_fill(SECTIONS, [str(path.resolve())], bindings))


def parse_bindings(kinds: Iterable[type[Section]], bindings: Sequence[str]) -> Settings:
    """Return the sections a stage uses from the bindings on its command line.

    Raises:
        ConfigError: a binding is unknown, malformed or missing.
    """
    return Settings(_fill(tuple(kinds), [], bindings))


def format_bindings(sections: Iterable[Section]) -> tuple[str, ...]:
    """Return gin bindings that reproduce the sections, in a fixed order."""
    return tuple(
        f"{type(section).__name__}.{field.name}={getattr(section, field.name)!r}"
        for section in sections
        for field in dataclasses.fields(section)
    )


@cache
def _configurables() -> dict[type[Section], Any]:
    return {kind: gin.external_configurable(kind, name=kind.__name__) for kind in SECTIONS}


def _fill(
    kinds: Sequence[type[Section]], files: Sequence[str], bindings: Sequence[str]
) -> tuple[Section, ...]:
    configurables = _configurables()
    gin.clear_config()
    try:
        given = [_quote(binding) for binding in bindings]
        gin.parse_config_files_and_bindings(list(files), given, finalize_config=False)
        _check_effect()
        return tuple(_check(configurables[kind]()) for kind in kinds)
    except (ValueError, TypeError, SyntaxError, OSError, NameError) as error:
        raise _explain(str(error).strip()) from error
    finally:
        gin.clear_config()


def _quote(binding: str) -> str:
    """Return a binding whose value, if it is a single word, is written as gin takes it.

    Raises:
        ValueError: it binds nothing that there could be.
    """
    found = _BINDING.fullmatch(binding)
    if found is None:
        named = binding.partition("=")[0].strip()
        known = [f"{kind.__name__}.{named}" for kind in SECTIONS if named in _fields(kind)]
        meant = f"; is it {' or '.join(known)}" if known else ""
        raise ValueError(f"{binding!r} would have no effect: it is no Section.name=value{meant}")
    name, value = found.groups()
    is_word = _WORD.fullmatch(value) and value not in ("True", "False", "None")
    return f"{name}={value!r}" if is_word else binding


def _check_effect() -> None:
    """Refuse what a file binds without effect: in a scope, or as a macro called like a setting.

    Raises:
        ValueError: there is such a binding.
    """
    names = {name for kind in SECTIONS for name in _fields(kind)}
    for scope, selector in gin.config._CONFIG:
        if selector == "gin.macro":
            if scope in names:
                raise ValueError(f"{scope!r} has no effect without its section: Section.{scope}")
        elif scope:
            name = selector.rpartition(".")[2]
            raise ValueError(f"{scope}/{name} has no effect: leave {scope}/ out")


def _fields(kind: type[Section]) -> set[str]:
    return {field.name for field in dataclasses.fields(kind)}


def _explain(problem: str) -> ConfigError:
    """Return the error for what gin or :func:`_check` refuses."""
    found = _NO_SUCH_NAME.search(problem)
    name = ".".join(found.groups()) if found else ""
    if name in MOVED:
        hint = "configs/ppo.gin has all that moved with it"
        return ConfigError(f"{name} is {MOVED[name]} now", problem, f"rename it; {hint}")
    if name in REMOVED:
        return ConfigError(f"there is no {name} any more", problem, "leave it out")
    return ConfigError(
        "the configuration does not fit",
        problem,
        "compare the binding with configs/*.gin: Section.name=value",
    )


def _check(section: Section) -> Section:
    """Bring a section's values to their declared types, lists to tuples.

    Raises:
        TypeError: a value has another type than its field, or is none of those that it takes.
    """
    kinds = get_type_hints(type(section), include_extras=True)
    values: dict[str, Any] = {}
    for field in dataclasses.fields(section):
        kind, given = kinds[field.name], getattr(section, field.name)
        values[field.name] = value = _convert(given, kind)
        if not _fits(value, kind):
            name = f"{type(section).__name__}.{field.name}"
            raise TypeError(f"{name} takes {_describe(kind)}, not {given!r}")
    return type(section)(**values)


def _convert(value: object, kind: object) -> object:
    if isinstance(value, list):
        return tuple(value)
    if _plain(kind) is float and type(value) is int:
        return float(value)
    return value


def _plain(kind: object) -> object:
    """Return a type without the range of its values."""
    return get_args(kind)[0] if get_origin(kind) is Annotated else kind


def _fits(value: Any, kind: object) -> bool:
    if get_origin(kind) is Literal:
        return value in get_args(kind)
    if get_origin(kind) is tuple:
        element, _ = get_args(kind)
        return isinstance(value, tuple) and all(_fits(one, element) for one in value)
    if get_origin(kind) is Annotated:
        plain, among = get_args(kind)
        assert isinstance(among, Range)
        return type(value) is plain and among.holds(value)
    return type(value) is kind


def _describe(kind: Any) -> str:
    """Return the values of a type, in words."""
    if get_origin(kind) is Literal:
        return " or ".join(map(repr, get_args(kind)))
    if get_origin(kind) is Annotated:
        plain, among = get_args(kind)
        return f"a {'whole ' if plain is int else ''}number {among.describe()}"
    return str(kind) if get_args(kind) else str(kind.__name__)
