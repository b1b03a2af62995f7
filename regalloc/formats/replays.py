"""What stands in for a module's bitcode, so that only code generation is done again.

``replay.json`` in the corpus tells it of every module, and ``times.json`` how long it takes; a
corpus without them, such as one from elsewhere, is compiled from its embedded bitcode.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Literal, get_args

from regalloc.errors import CorpusError
from regalloc.files import UNREADABLE, checked_number, read_json, write_json
from regalloc.layout import OPTIMISED_SUFFIX, REDUCED_SUFFIX, REPLAY_TIMES, REPLAYS

Mode = Literal["reduced", "optimised", "full", "nothing"]
"""From what a module is compiled: optimised bitcode of its functions with a decision, or of all of
them; its embedded bitcode; or not at all, since it holds no decision."""


@dataclass(frozen=True)
class Replay:
    """What stands in for a module's bitcode.

    Attributes:
        optimised: bitcode after the optimisation pipeline.
        reduced: the same with the functions alone that hold a decision.
        seconds: processor time a compile takes, 0 if that is not known.
    """

    optimised: Path | None = None
    reduced: Path | None = None
    seconds: float = field(default=0.0, compare=False)


FULL = Replay()
"""Nothing stands in for it."""


@dataclass(frozen=True)
class Proof:
    """What was found out about replaying a module.

    Attributes:
        mode: what gives the same code, decisions and scores as the full compile.
        reason: why it is not a faster one.
        seconds: processor time the default compile takes that way.
    """

    mode: Mode
    reason: str = ""
    seconds: float = 0.0


def optimised_path(folder: Path, name: str) -> Path:
    """Return where a module's optimised bitcode lies in a corpus."""
    return folder / f"{name}{OPTIMISED_SUFFIX}"


def reduced_path(folder: Path, name: str) -> Path:
    """Return where the bitcode of a module's functions with a decision lies in a corpus."""
    return folder / f"{name}{REDUCED_SUFFIX}"


def write_replays(folder: Path, proofs: Mapping[str, Proof]) -> None:
    """Write ``replay.json``, the same in every run, and ``times.json``, which is not."""
    modules = {
        name: {"compiles": proof.mode, "reason": proof.reason} for name, proof in proofs.items()
    }
    write_json(folder / REPLAYS, {"modules": modules})
    write_json(
        folder / REPLAY_TIMES, {name: round(proof.seconds, 4) for name, proof in proofs.items()}
    )


def read_replays(folder: Path) -> dict[str, Replay]:
    """Return what stands in for the bitcode of a corpus's modules, by name.

    Raises:
        CorpusError: a file does not parse.
    """
    if not (folder / REPLAYS).exists():
        return {}
    try:
        modules = _read(folder / REPLAYS)["modules"]
        seconds = _read(folder / REPLAY_TIMES) if (folder / REPLAY_TIMES).exists() else {}
        return {
            name: _make_replay(folder, name, found["compiles"], seconds.get(name, 0))
            for name, found in modules.items()
        }
    except UNREADABLE as error:
        raise CorpusError(
            "the corpus is damaged", f"{folder / REPLAYS}: {error!r}", "run extract again"
        ) from error


def _make_replay(folder: Path, name: str, mode: Mode, seconds: object) -> Replay:
    if mode not in get_args(Mode):
        raise ValueError(f"{name} compiles {mode!r}")
    optimised = optimised_path(folder, name) if mode in ("optimised", "reduced") else None
    reduced = reduced_path(folder, name) if mode == "reduced" else None
    return Replay(optimised, reduced, checked_number(seconds))


def _read(path: Path) -> dict[str, Any]:
    content = read_json(path)
    if not isinstance(content, dict):
        raise ValueError("it must hold a JSON object")
    return content
