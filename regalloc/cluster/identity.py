"""What must be the same on every node: the compiler, and our code around it."""

from __future__ import annotations

import hashlib
from dataclasses import asdict, dataclass
from functools import cache
from pathlib import Path

from regalloc.files import hash_file

PACKAGE = Path(__file__).resolve().parents[1]

_CODE = (
    "__init__.py",
    "cluster",
    "compiler",
    "errors.py",
    "files.py",
    "formats",
    "layout.py",
    "releases.py",
    "settings.py",
    "text.py",
)


@dataclass(frozen=True)
class Identity:
    """What decides a compile's result beside module, policy and limits.

    Attributes:
        clang: sha256 of the compiler, empty where there is none.
        code: sha256 of the Python that runs it and reads its log.
    """

    clang: str
    code: str

    def differences(self, other: Identity) -> str:
        """Return what differs in another one, a line each."""
        ours, theirs = asdict(self), asdict(other)
        return "\n".join(
            f"{name}: {_short(ours[name])} here, {_short(theirs[name])} there"
            for name in ours
            if ours[name] != theirs[name]
        )


@cache
def identify(clang: Path) -> Identity:
    """Return the identity of this process's code and of a compiler."""
    code = hashlib.sha256()
    for path in _files(PACKAGE):
        content = hash_file(path)
        code.update(f"{path.relative_to(PACKAGE).as_posix()}={content}\0".encode())
    return Identity(hash_file(clang) if clang.is_file() else "", code.hexdigest())


def _files(package: Path) -> list[Path]:
    found = {path for name in _CODE for path in (package / name, *(package / name).rglob("*.py"))}
    return sorted(path for path in found if path.is_file())


def _short(digest: str) -> str:
    return digest[:12] or "none"
