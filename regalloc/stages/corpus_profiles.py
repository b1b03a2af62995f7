"""Profiles of generated code that a build was made by, taken into the corpus."""

from __future__ import annotations

import shutil
from collections.abc import Sequence
from pathlib import Path
from threading import Lock

from regalloc.files import hash_file
from regalloc.formats.corpus import PROFILE_USE
from regalloc.layout import PROFILES


class Profiles:
    """Copies profiles into a corpus, each once, by names that tell what is in them.

    Args:
        corpus: its folder.
        builds: folders that builds lie in now, wherever they were made.
    """

    def __init__(self, corpus: Path, builds: Sequence[Path]) -> None:
        self._corpus = corpus
        self._builds = builds
        self._taken: dict[str, str | None] = {}
        self._lock = Lock()

    def take(self, cmd: Sequence[str]) -> tuple[str, ...] | None:
        """Return arguments with a profile at its place in the corpus; None if it is missing."""
        kept = []
        for word in cmd:
            if word.startswith(PROFILE_USE):
                name = self._take(word.removeprefix(PROFILE_USE))
                if name is None:
                    return None
                word = f"{PROFILE_USE}{name}"
            kept.append(word)
        return tuple(kept)

    def _take(self, named: str) -> str | None:
        with self._lock:
            if named not in self._taken:
                self._taken[named] = self._copy(named)
            return self._taken[named]

    def _copy(self, named: str) -> str | None:
        path = self._find(Path(named))
        if path is None:
            return None
        name = f"{PROFILES}/{hash_file(path)[:16]}.profdata"
        target = self._corpus / name
        target.parent.mkdir(exist_ok=True)
        shutil.copyfile(path, target)
        return name

    def _find(self, named: Path) -> Path | None:
        """Return where a profile lies: where it was, or below a build that was moved.

        The name comes with the build, so that a file outside of all builds is none of theirs.
        """
        builds = [build.resolve() for build in self._builds]
        tails = [named.parts[start:] for start in range(1, len(named.parts))]
        moved = (build.joinpath(*tail) for build in builds for tail in tails)
        for path in (named, *moved):
            found = path.resolve()
            if found.is_file() and any(found.is_relative_to(build) for build in builds):
                return found
        return None
