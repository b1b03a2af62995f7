"""The compiler with the ML hooks: where it lies and of which LLVM release it is."""

from __future__ import annotations

import re
import subprocess
from dataclasses import dataclass
from pathlib import Path

from regalloc.compiler.diagnostics import explain
from regalloc.compiler.processes import environment
from regalloc.errors import ToolchainError
from regalloc.releases import RELEASES, Release

BUILD_IMAGES = "build the llvm image, or give --toolchain the folder of a clang with the ML hooks"

_TIMEOUT_S = 60.0
_VERSION = re.compile(r"\bclang version (\d+\.\d+\.\d+)")


@dataclass(frozen=True)
class Toolchain:
    """A folder of LLVM tools.

    Attributes:
        path: folder that holds ``bin``.
        release: which of the releases we know it is; decides how its logs are read.
        version: LLVM's version as clang itself names it, ``19.1.7``.
        description: first line of ``clang --version``.
    """

    path: Path
    release: Release
    version: str = ""
    description: str = ""

    @property
    def clang(self) -> Path:
        """The C compiler."""
        return self.path / "bin" / "clang"

    @property
    def opt(self) -> Path:
        """The tool that runs single passes."""
        return self.path / "bin" / "opt"

    @property
    def makes_rollouts(self) -> bool:
        """Whether one compile can make several rollouts: its evaluator is ours, and not LLVM's."""
        return (self.path / "bin" / "regalloc-decide").exists()

    @property
    def objcopy(self) -> Path:
        """The tool that takes sections out of objects."""
        return self.path / "bin" / "llvm-objcopy"


def open_toolchain(path: Path) -> Toolchain:
    """Ask clang for its version and return the toolchain.

    Raises:
        ToolchainError: clang is missing, does not run, or is of a release that is not supported.
    """
    run = run_tool((str(path / "bin" / "clang"), "--version"))
    description = run.stdout.partition("\n")[0].strip()
    if run.returncode != 0 or not description:
        raise ToolchainError("clang does not run", explain(run.stderr), BUILD_IMAGES)
    found = _VERSION.search(description)
    if not found:
        raise ToolchainError("clang does not tell its version", description, BUILD_IMAGES)
    version = found[1]
    return Toolchain(path, _find_release(version, description), version, description)


def run_tool(argv: tuple[str, ...]) -> subprocess.CompletedProcess[str]:
    """Run clang on something small and return how it ended.

    Raises:
        ToolchainError: it cannot be started, or does not end.
    """
    try:
        return subprocess.run(
            argv,
            capture_output=True,
            text=True,
            errors="replace",
            env=environment(),
            timeout=_TIMEOUT_S,
            check=False,
        )
    except OSError as error:
        raise ToolchainError(
            "clang cannot be started", f"{argv[0]}: {error.strerror}", BUILD_IMAGES
        ) from error
    except subprocess.TimeoutExpired as error:
        raise ToolchainError(
            "clang does not answer", f"{argv[0]}: no end after {_TIMEOUT_S:.0f} s", BUILD_IMAGES
        ) from error


def _find_release(version: str, description: str) -> Release:
    for release in RELEASES:
        if release.major == int(version.partition(".")[0]):
            return release
    supported = " or ".join(release.version for release in RELEASES)
    raise ToolchainError(
        f"LLVM {version} is not supported", description, f"use the clang of LLVM {supported}"
    )
