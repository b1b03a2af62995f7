"""A policy from outside of the run, to release or to evaluate."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from regalloc.errors import PolicyError
from regalloc.layout import SAVED_MODEL
from regalloc.pipeline.manifest import digest_writes, hash_outputs


@dataclass(frozen=True)
class OwnPolicy:
    """A policy that comes from outside of the run.

    Attributes:
        path: its folder.
        digest: one hash over its files.
    """

    path: Path
    digest: str


def own_policy(folder: str) -> OwnPolicy | None:
    """Return the policy that was named, or None for the run's own.

    Raises:
        PolicyError: there is none in that folder.
        OutputError: it holds pipes or links that lead elsewhere.
        DiskError: a file of it cannot be read.
    """
    if not folder:
        return None
    path = Path(folder).resolve()
    if not (path / SAVED_MODEL).is_file():
        raise PolicyError(
            f"there is no policy in {path}",
            f"{path / SAVED_MODEL} does not exist",
            "run invoke train, or give --policy a folder with a SavedModel",
        )
    return OwnPolicy(path, digest_writes(hash_outputs(path)))
