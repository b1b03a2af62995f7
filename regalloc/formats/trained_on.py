"""Which programs a policy was trained on: beside the trained policies, and in a release of one."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from regalloc.errors import PolicyError
from regalloc.files import UNREADABLE, read_json, write_json
from regalloc.layout import TRAINED_ON


def write_trained_on(folder: Path, programs: Sequence[str]) -> None:
    """Write the names of the programs; none are named where training saw other code alone."""
    write_json(folder / TRAINED_ON, {"programs": list(programs)})


def read_trained_on(folder: Path) -> tuple[str, ...]:
    """Return the programs that are named in a folder, sorted; none where nothing is known.

    Raises:
        PolicyError: the file does not parse.
    """
    path = folder / TRAINED_ON
    if not path.exists():
        return ()
    try:
        names = read_json(path)["programs"]
        if not isinstance(names, list) or not all(isinstance(name, str) for name in names):
            raise ValueError('"programs" must be a list of names')
    except UNREADABLE as error:
        raise PolicyError(
            "what the policy was trained on cannot be read",
            f"{path}: {error!r}",
            "run invoke train again",
        ) from error
    return tuple(sorted(names))
