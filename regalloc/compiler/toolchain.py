"""The compiler with the ML hooks, and the proof that it has them."""

from __future__ import annotations

import subprocess
import tempfile
from dataclasses import dataclass
from pathlib import Path

from regalloc.compiler.command_lines import Advice
from regalloc.compiler.training_log import Episode, read_log
from regalloc.errors import RegallocError, ToolchainError

_PROBE_S = 60.0
_VALUES = 48
BUILD_IMAGES = "build the llvm image, or give --toolchain the folder of a clang with the ML hooks"


@dataclass(frozen=True)
class Toolchain:
    """A folder of LLVM tools.

    Attributes:
        path: folder that holds ``bin``.
    """

    path: Path

    @property
    def clang(self) -> Path:
        """The C compiler."""
        return self.path / "bin" / "clang"

    @property
    def llc(self) -> Path:
        """The code generator."""
        return self.path / "bin" / "llc"

    @property
    def objcopy(self) -> Path:
        """The tool that takes sections out of objects."""
        return self.path / "bin" / "llvm-objcopy"


def version(toolchain: Toolchain) -> str:
    """Return the first line of ``clang --version``.

    Raises:
        ToolchainError: clang is missing or does not run.
    """
    run = _run((str(toolchain.clang), "--version"))
    if run.returncode != 0 or not run.stdout:
        raise ToolchainError("clang does not run", _tail(run.stderr), BUILD_IMAGES)
    return run.stdout.splitlines()[0].strip()


def probe(toolchain: Toolchain) -> None:
    """Compile one function under pressure and read what the advisor logged.

    Raises:
        ToolchainError: clang is missing, lacks the hooks, or logs what cannot be read.
    """
    with tempfile.TemporaryDirectory(prefix="regalloc-probe-") as name:
        source, log = Path(name) / "probe.ll", Path(name) / "log"
        source.write_text(pressure_source(_VALUES), encoding="ascii")
        run = _run(_probe_argv(toolchain, source, log))
        if "Unknown command line argument" in run.stderr:
            raise ToolchainError("clang lacks the ML hooks", _tail(run.stderr), BUILD_IMAGES)
        if run.returncode != 0:
            raise ToolchainError(
                f"clang failed on the probe with exit code {run.returncode}",
                _tail(run.stderr),
                BUILD_IMAGES,
            )
        if not _read_probe(log):
            raise ToolchainError(
                "clang's eviction advisor logs nothing",
                "the probe's function needs more registers than there are",
                BUILD_IMAGES,
            )


def _probe_argv(toolchain: Toolchain, source: Path, log: Path) -> tuple[str, ...]:
    clang = (str(toolchain.clang), "-cc1", "-O2", "-emit-obj")
    return (*clang, *Advice(log).flags(), "-x", "ir", str(source), "-o", "/dev/null")


def _read_probe(log: Path) -> tuple[Episode, ...]:
    try:
        return read_log(log)
    except RegallocError as error:
        raise ToolchainError(
            "clang's training log cannot be read", error.render(), BUILD_IMAGES
        ) from error


def pressure_source(values: int) -> str:
    """Return IR whose values all live across calls, more than any target has registers for."""
    loads = [f"  %v{i} = call i64 @probe_in()" for i in range(values)]
    stores = [f"  call void @probe_out(i64 %v{i})" for i in range(values)]
    head = ("declare i64 @probe_in()", "declare void @probe_out(i64)", "define void @probe() {")
    return "\n".join((*head, *loads, *stores, *stores, "  ret void", "}", ""))


def _run(argv: tuple[str, ...]) -> subprocess.CompletedProcess[str]:
    try:
        return subprocess.run(
            argv, capture_output=True, text=True, errors="replace", timeout=_PROBE_S, check=False
        )
    except OSError as error:
        raise ToolchainError(
            "clang cannot be started", f"{argv[0]}: {error.strerror}", BUILD_IMAGES
        ) from error
    except subprocess.TimeoutExpired as error:
        raise ToolchainError(
            "clang does not answer", f"{argv[0]}: no end after {_PROBE_S:.0f} s", BUILD_IMAGES
        ) from error


def _tail(text: str) -> str:
    return "\n".join(text.strip().splitlines()[-5:])
