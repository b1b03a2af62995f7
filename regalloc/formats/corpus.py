"""A corpus: bitcode modules, the arguments they were compiled with, and who is held out.

The layout is mlgo-utils' (``docs/formats.md``), with ``split.json`` beside it.
"""

from __future__ import annotations

import math
from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import asdict, dataclass, replace
from hashlib import sha256
from pathlib import Path, PurePosixPath

from regalloc.errors import CorpusError
from regalloc.files import read_json, write_json
from regalloc.formats.replays import FULL, Replay, read_replays
from regalloc.layout import ARGUMENTS_SUFFIX, BITCODE_SUFFIX, CORPUS_DESCRIPTION, EXTRACTION, SPLIT

SALT = "regalloc-held-out"
"""Independent of the run's seed: policies of different seeds are compared on the same modules."""

PROGRAM_SALT = "regalloc-programs"
"""What names of programs are hashed with: another one, which shares them out more evenly."""

PROFILE_USE = "-regalloc-profile-use="
"""LLVM's option that names a profile of generated code; in a corpus, relative to its folder."""


@dataclass(frozen=True)
class Module:
    """One translation unit.

    Attributes:
        name: the object's path in the corpus build.
        bitcode: file with the bitcode as it was before optimisation.
        cmd: ``cc1`` arguments of the original compile; undecodable bytes are surrogates.
        held_out: whether it is kept away from training.
        replay: what stands in for the bitcode, and gives the same code.
        profile: what its code was executed like, by which code is generated; None for guesses.
    """

    name: str
    bitcode: Path
    cmd: tuple[str, ...]
    held_out: bool
    replay: Replay = FULL
    profile: Path | None = None

    def source(self, whole: bool) -> Path:
        """Return the bitcode that is compiled.

        Args:
            whole: whether functions without a decision are wanted, too.
        """
        reduced = None if whole else self.replay.reduced
        return reduced or self.replay.optimised or self.bitcode


@dataclass(frozen=True)
class Split:
    """Who trains and who is held out, all sorted by name.

    Attributes:
        salt: what names are hashed with.
        fraction: of the modules that are held out by themselves.
        train: modules.
        held_out: modules.
        programs_train: programs with a module that trains.
        programs_held_out: programs that are held out as a whole.
    """

    salt: str
    fraction: float
    train: tuple[str, ...]
    held_out: tuple[str, ...]
    programs_train: tuple[str, ...] = ()
    programs_held_out: tuple[str, ...] = ()


def write_corpus(folder: Path, names: Sequence[str], split: Split) -> None:
    """Write what tells a corpus's modules, which lie there, and their split."""
    write_json(folder / CORPUS_DESCRIPTION, {"modules": names, "has_thinlto": False})
    write_json(folder / SPLIT, asdict(split))


def read_corpus(folder: Path) -> tuple[Module, ...]:
    """Return the modules of a corpus folder, sorted by name.

    Raises:
        CorpusError: a file is missing, does not parse, or names no module.
    """
    names = _read_names(folder)
    held_out = _read_held_out(folder, names)
    replays = read_replays(folder)
    modules = (_read_module(folder, name, name in held_out) for name in sorted(names))
    return tuple(replace(module, replay=replays.get(module.name, FULL)) for module in modules)


def parse_cmd(data: bytes) -> tuple[str, ...]:
    """Return the arguments in a ``.cmd`` file: separated by NUL, with or without one at the end."""
    text = data.decode("utf-8", "surrogateescape").removesuffix("\0")
    return tuple(text.split("\0")) if text else ()


def read_trained_programs(folder: Path) -> tuple[str, ...]:
    """Return the programs of a corpus that are trained on, sorted; none of a corpus without any.

    Raises:
        CorpusError: the split is missing or damaged.
    """
    names = _read_json(folder / SPLIT).get("programs_train", [])
    if not isinstance(names, list) or not all(isinstance(name, str) for name in names):
        raise _damaged(folder / SPLIT, '"programs_train" must be a list of names')
    return tuple(sorted(names))


def find_profile(cmd: Sequence[str], folder: Path) -> Path | None:
    """Return the profile of generated code that a module's arguments name, if they name one.

    Args:
        cmd: the arguments; the last one counts.
        folder: the corpus.

    Raises:
        CorpusError: they name one outside of the corpus.
    """
    names = [word.removeprefix(PROFILE_USE) for word in cmd if word.startswith(PROFILE_USE)]
    if not names:
        return None
    if not _is_name(names[-1]):
        raise _damaged(folder, f"a module's profile lies outside of it: {names[-1]!r}")
    return folder / names[-1]


def choose_split(names: Iterable[str], fraction: float, salt: str = SALT) -> Split:
    """Hold out the modules whose hash falls below a threshold.

    A module's side depends on its own name alone, so it stays when modules are added.  Only where
    chance leaves one side of a small corpus empty, the module nearest to the threshold crosses it.

    Args:
        names: all modules.
        fraction: expected fraction of held-out modules, 0 to 1.
        salt: what the names are hashed with.
    """
    place = {name: hash_fraction(salt, name) for name in names}
    held_out = {name for name in place if place[name] < fraction}
    if len(place) > 1 and 0 < fraction < 1 and len(held_out) in (0, len(place)):
        held_out ^= {min(place, key=lambda name: (abs(place[name] - fraction), name))}
    return Split(salt, fraction, tuple(sorted(place.keys() - held_out)), tuple(sorted(held_out)))


def hold_out_programs(split: Split, owners: Mapping[str, str], chosen: Collection[str]) -> Split:
    """Return a split with all modules of some programs on the side that is held out.

    Args:
        split: of all modules, each by itself; it stands for modules of no program.
        owners: the program of each module of one, by the module's name.
        chosen: programs that are held out; none leaves the split as it is.
    """
    held_out = set(split.held_out)
    if chosen:
        held_out -= owners.keys()
        held_out |= {name for name, owner in owners.items() if owner in chosen}
    every = {*split.train, *split.held_out}
    trained = {owner for name, owner in owners.items() if name not in held_out}
    return replace(
        split,
        train=tuple(sorted(every - held_out)),
        held_out=tuple(sorted(held_out)),
        programs_train=tuple(sorted(trained)),
        programs_held_out=tuple(sorted(set(owners.values()) - trained)),
    )


def choose_fold(
    programs: Iterable[str], folds: int, fold: int, salt: str = PROGRAM_SALT
) -> frozenset[str]:
    """Return the programs of a fold, from 0 on; a program's depends on its own name alone."""
    return frozenset(name for name in programs if int(hash_fraction(salt, name) * folds) == fold)


def join_cmd(args: Sequence[str]) -> bytes:
    """Return the content of a ``.cmd`` file."""
    return "".join(f"{arg}\0" for arg in args).encode("utf-8", "surrogateescape")


def sample(modules: Sequence[Module], rate: float, seed: int) -> tuple[Module, ...]:
    """Return a fraction of the modules, at least one if there is any, in the order given.

    The choice goes by a hash of seed and name; a larger rate keeps what a smaller one chose.
    """
    count = min(len(modules), max(1, math.ceil(rate * len(modules) - 1e-9)))
    ranked = sorted(modules, key=lambda module: hash_fraction(str(seed), module.name))
    chosen = {module.name for module in ranked[:count]}
    return tuple(module for module in modules if module.name in chosen)


def hash_fraction(salt: str, name: str) -> float:
    """Return a number in [0, 1) that depends on salt and name only."""
    digest = sha256(f"{salt}\0{name}".encode("utf-8", "surrogateescape")).digest()
    return int.from_bytes(digest[:6], "big") / 2**48


def _read_names(folder: Path) -> list[str]:
    description = _read_json(folder / CORPUS_DESCRIPTION)
    names = description.get("modules")
    if not isinstance(names, list) or not all(_is_name(name) for name in names):
        raise _damaged(folder / CORPUS_DESCRIPTION, '"modules" must be a list of relative paths')
    if not names:
        raise CorpusError(
            "the corpus is empty",
            f"{folder / CORPUS_DESCRIPTION} names no module",
            f"check {EXTRACTION} beside it and run extract again",
        )
    if description.get("has_thinlto"):
        raise _damaged(folder / CORPUS_DESCRIPTION, "ThinLTO corpora are not supported")
    return names


def _is_name(name: object) -> bool:
    if not isinstance(name, str):
        return False
    path = PurePosixPath(name)
    return bool(name) and not path.is_absolute() and ".." not in path.parts


def _read_held_out(folder: Path, names: Sequence[str]) -> frozenset[str]:
    split = _read_json(folder / SPLIT)
    train, held_out = split.get("train"), split.get("held_out")
    if not isinstance(train, list) or not isinstance(held_out, list):
        raise _damaged(folder / SPLIT, '"train" and "held_out" must be lists of modules')
    if not all(isinstance(name, str) for name in (*train, *held_out)):
        raise _damaged(folder / SPLIT, "a module's name must be a text")
    if sorted([*train, *held_out]) != sorted(names):
        raise _damaged(folder / SPLIT, f"it does not split the modules of {CORPUS_DESCRIPTION}")
    return frozenset(held_out)


def _read_module(folder: Path, name: str, held_out: bool) -> Module:
    bitcode, cmd = folder / f"{name}{BITCODE_SUFFIX}", folder / f"{name}{ARGUMENTS_SUFFIX}"
    try:
        if bitcode.stat().st_size == 0:
            raise _damaged(bitcode, "the file is empty")
        args = parse_cmd(cmd.read_bytes())
    except FileNotFoundError as error:
        raise _missing(Path(error.filename)) from error
    if not args:
        raise _damaged(cmd, "the file is empty")
    profile = find_profile(args, folder)
    if profile is not None and not profile.is_file():
        raise _missing(profile)
    return Module(name, bitcode, args, held_out, profile=profile)


def _read_json(path: Path) -> dict[str, object]:
    try:
        content = read_json(path)
    except FileNotFoundError as error:
        raise _missing(path) from error
    except ValueError as error:
        raise _damaged(path, str(error)) from error
    if not isinstance(content, dict):
        raise _damaged(path, "it must hold a JSON object")
    return content


def _missing(path: Path) -> CorpusError:
    return CorpusError(
        "the corpus is incomplete",
        f"{path} does not exist",
        f"run extract; a corpus from elsewhere needs {CORPUS_DESCRIPTION} and {SPLIT} "
        "(docs/formats.md)",
    )


def _damaged(path: Path, reason: str) -> CorpusError:
    return CorpusError("the corpus is damaged", f"{path}: {reason}", "run extract again")
