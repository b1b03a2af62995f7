"""The most memory that one compiler has at once."""

from __future__ import annotations

import sys
import tempfile
from collections.abc import Sequence
from pathlib import Path

from regalloc.bench.ways import Ways, upstream_argv, with_tensorflow
from regalloc.compiler.command_lines import Advice, compile_argv
from regalloc.compiler.failures import classify
from regalloc.compiler.processes import Place, Processes, compile_place, run_limited
from regalloc.errors import CompileError
from regalloc.formats.corpus import Module
from regalloc.report.bench_parts import WayName

KIB_PER_MB = 1e6 / 1024

# A process begins with what its parent has, and the kernel counts that.  So a small one starts the
# compiler: its own 10 MB are all that a peak can be too high by.
_LAUNCHER = """
import os, sys
place, *argv = sys.argv[1:]
pid = os.posix_spawn(argv[0], argv, os.environ)
_, status, usage = os.wait4(pid, 0)
with open(place, "w") as file:
    file.write(str(usage.ru_maxrss))
sys.exit(os.waitstatus_to_exitcode(status) != 0)
"""


def measure_peaks_mb(ways: Ways, modules: Sequence[Module]) -> dict[WayName, float]:
    """Return the peak of each way over some modules, in MB.

    Raises:
        CompileError: a compile failed.
    """
    clang = ways.toolchain.clang
    peaks: dict[WayName, float] = {}
    for module in modules:
        with tempfile.TemporaryDirectory(prefix="regalloc-") as name:
            folder = Path(name)
            theirs = upstream_argv(
                ways.toolchain, module, Advice(folder / "log", ways.theirs), folder / "object"
            )
            alone = compile_argv(clang, module, Advice(folder / "log", ways.ours))
            first, *others = (
                Advice(folder / f"log.{n}", policy) for n, policy in enumerate(ways.rollouts)
            )
            ours = compile_argv(clang, module, first, beside=others)
            one, several = compile_place(folder), compile_place(folder, rollouts=len(ways.rollouts))
            found: dict[WayName, float] = {
                "upstream": _measure(ways, module, theirs, with_tensorflow(one)),
                "alone": _measure(ways, module, alone, one),
                "ours": _measure(ways, module, ours, several),
            }
        peaks = {way: max(peaks.get(way, 0.0), peak) for way, peak in found.items()}
    return peaks


def _measure(ways: Ways, module: Module, argv: tuple[str, ...], place: Place) -> float:
    told = place.folder / "peak"
    launch = (sys.executable, "-I", "-S", "-c", _LAUNCHER, str(told), *argv)
    end = run_limited(launch, place, ways.limits, Processes())
    if failed := classify(module.name, end, ways.limits):
        raise CompileError(f"{module.name} does not compile", failed.detail, "run extract again")
    return int(told.read_text()) / KIB_PER_MB
