"""What travels: modules and policies to the object store, and answers back, as bytes."""

from __future__ import annotations

import pickle
import zlib
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

from regalloc.errors import PolicyError
from regalloc.formats.corpus import Module
from regalloc.formats.replays import Replay


@dataclass(frozen=True)
class ModuleParcel:
    """A module as it is compiled.

    Attributes:
        name: the module's name.
        source: where its bitcode lies on the machine that sent it.
        bitcode: the file's content, empty where it cannot be read: no bitcode begins so.
        optimised: whether that was optimised before, so that only code is generated.
        cmd: the arguments it was compiled with.
        profile: the content of the profile of its code, or None if it has none.
    """

    name: str
    source: str
    bitcode: bytes
    optimised: bool
    cmd: tuple[str, ...]
    profile: bytes | None = None

    def unpack(self, folder: Path) -> Module:
        """Write the bitcode into a folder and return the module there."""
        path = folder / "module.bc"
        path.write_bytes(self.bitcode)
        module = Module(self.name, path, self.cmd, held_out=False, profile=self._unpack(folder))
        if not self.optimised:
            return module
        return replace(module, bitcode=folder / "absent.bc", replay=Replay(optimised=path))

    def _unpack(self, folder: Path) -> Path | None:
        if self.profile is None:
            return None
        path = folder / "module.profdata"
        path.write_bytes(self.profile)
        return path


@dataclass(frozen=True)
class PolicyParcel:
    """A policy's folder.

    Attributes:
        source: where it lies on the machine that sent it.
        files: relative path to content.
    """

    source: str
    files: dict[str, bytes]

    def unpack(self, folder: Path) -> Path:
        """Write the policy below a folder and return its own."""
        root = folder / "policy"
        for name, content in self.files.items():
            path = root / name
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_bytes(content)
        return root


def pack_module(module: Module, whole: bool) -> ModuleParcel:
    """Return what is sent of a module.

    Args:
        module: the module.
        whole: whether functions without a decision are wanted, too.
    """
    source = module.source(whole)
    try:
        bitcode = source.read_bytes()
    except OSError:
        bitcode = b""
    # One that is gone is for the compiler to complain of.
    profile = b"" if module.profile else None
    if module.profile and module.profile.is_file():
        profile = module.profile.read_bytes()
    optimised = source != module.bitcode
    return ModuleParcel(module.name, str(source), bitcode, optimised, module.cmd, profile)


def pack_policy(folder: Path) -> PolicyParcel:
    """Return what is sent of a policy.

    Raises:
        PolicyError: a file cannot be read.
    """
    try:
        paths = sorted(path for path in folder.rglob("*") if path.is_file())
        files = {path.relative_to(folder).as_posix(): path.read_bytes() for path in paths}
    except OSError as error:
        raise PolicyError(f"{folder} cannot be read", str(error), "make it again") from error
    return PolicyParcel(str(folder), files)


def seal(answer: Any) -> bytes:
    """Return an answer as bytes, which the head passes on without looking into them.

    Observations are mostly zeros: the fastest level makes a tenth of them.
    """
    return zlib.compress(pickle.dumps(answer, protocol=pickle.HIGHEST_PROTOCOL), level=1)


def unseal(data: bytes) -> Any:
    """Return the answer that a node of our own cluster sealed."""
    return pickle.loads(zlib.decompress(data))
