"""The proof that a compiler has the ML hooks, and that it can use a policy."""

from __future__ import annotations

import signal
import subprocess
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from regalloc.compiler.command_lines import Advice
from regalloc.compiler.diagnostics import blames_policy, explain
from regalloc.compiler.toolchain import BUILD_IMAGES, Toolchain, run_tool
from regalloc.errors import PolicyError, RegallocError, ToolchainError
from regalloc.formats.logs import Episode, read_log

_VALUES = 48

Run = subprocess.CompletedProcess[str]


def probe(toolchain: Toolchain) -> None:
    """Compile one function under pressure and read what the advisor logged.

    Raises:
        ToolchainError: clang is missing, lacks the hooks, or logs what cannot be read.
    """
    with _compile(toolchain, None) as (run, log):
        if "Unknown command line argument" in run.stderr:
            raise ToolchainError("clang lacks the ML hooks", explain(run.stderr), BUILD_IMAGES)
        if run.returncode != 0:
            how = _describe_end(run.returncode)
            brief = f"clang failed on the probe with {how}"
            raise ToolchainError(brief, explain(run.stderr), BUILD_IMAGES)
        _read(toolchain, log)


def probe_policy(toolchain: Toolchain, policy: Path) -> None:
    """Compile the same function under a policy, by a compiler that passed :func:`probe`.

    Raises:
        PolicyError: the compiler cannot load or run it, or it decides what is not allowed.
        ToolchainError: clang is missing, or logs what cannot be read.
    """
    with _compile(toolchain, policy) as (run, log):
        if run.returncode != 0:
            how = "" if blames_policy(run.stderr) else f"{_describe_end(run.returncode)}\n"
            raise _refused(policy, f"{how}{explain(run.stderr)}")
        for episode in _read(toolchain, log):
            position = episode.find_illegal()
            if position is not None:
                raise _refused(policy, f"it chose position {position}, which the mask excludes")


def pressure_source(values: int) -> str:
    """Return IR whose values all live across calls, more than any target has registers for."""
    loads = [f"  %v{i} = call i64 @probe_in()" for i in range(values)]
    stores = [f"  call void @probe_out(i64 %v{i})" for i in range(values)]
    head = ("declare i64 @probe_in()", "declare void @probe_out(i64)", "define void @probe() {")
    return "\n".join((*head, *loads, *stores, *stores, "  ret void", "}", ""))


@contextmanager
def _compile(toolchain: Toolchain, policy: Path | None) -> Iterator[tuple[Run, Path]]:
    """Give how the compile ended, and its log for as long as the context lasts."""
    with tempfile.TemporaryDirectory(prefix="regalloc-probe-") as name:
        source, log = Path(name) / "probe.ll", Path(name) / "log"
        source.write_text(pressure_source(_VALUES), encoding="ascii")
        clang = (str(toolchain.clang), "-cc1", "-O2", "-emit-obj")
        argv = (*clang, *Advice(log, policy).flags(), "-x", "ir", str(source), "-o", "/dev/null")
        yield run_tool(argv), log


def _describe_end(code: int) -> str:
    return f"signal {signal.Signals(-code).name}" if code < 0 else f"exit code {code}"


def _read(toolchain: Toolchain, log: Path) -> tuple[Episode, ...]:
    try:
        episodes = read_log(log, toolchain.release.log_format)
    except RegallocError as error:
        raise ToolchainError(
            "clang's training log cannot be read", error.render(), BUILD_IMAGES
        ) from error
    if not episodes:
        raise ToolchainError(
            "clang's eviction advisor logs nothing",
            "the probe's function needs more registers than there are",
            BUILD_IMAGES,
        )
    return episodes


def _refused(policy: Path, details: str) -> PolicyError:
    return PolicyError(
        f"the compiler cannot use the policy in {policy}",
        details,
        "give a policy that warmstart or train wrote for this compiler",
    )
