"""Measure what the default compile of each module costs: in full, and as later stages do it.

usage, in the trainer's container: compare-replays.py RUN [TOOLCHAIN]
The ways take turns module by module, on the core that they are given, and are told as seconds of
processor time in user mode.  What a way decides otherwise than the full compile is told, too.
"""

from __future__ import annotations

import sys
from dataclasses import replace
from pathlib import Path

from regalloc.compiler.proof import find_difference
from regalloc.compiler.runner import compile_module
from regalloc.compiler.toolchain import open_toolchain
from regalloc.formats.compile_results import Compiled
from regalloc.formats.corpus import Module, read_corpus
from regalloc.formats.replays import FULL, Replay
from regalloc.settings import Limits

LIMITS = Limits(wall_s=600.0, memory_mb=8192, attempts=1)


def ways_of(module: Module) -> dict[str, Replay]:
    """Return the ways to compile a module that there are."""
    optimised, reduced = module.replay.optimised, module.replay.reduced
    found = {"full": FULL}
    if optimised is not None:
        found["optimised"] = Replay(optimised)
    if reduced is not None:
        found["reduced"] = Replay(optimised, reduced)
    return found


def main(run: Path, toolchain: Path = Path("/opt/llvm")) -> None:
    """Print the seconds of each way, over the modules with a decision and over the others."""
    clang = open_toolchain(toolchain)
    seconds = {"without": 0.0, "full": 0.0, "optimised": 0.0, "reduced": 0.0}
    modules = functions = decisions = 0
    for module in read_corpus(run / "corpus"):
        ends: dict[str, Compiled] = {}
        for way, replay in ways_of(module).items():
            end = compile_module(clang, replace(module, replay=replay), None, LIMITS)
            assert isinstance(end, Compiled), end
            ends[way] = end
        full = ends["full"]
        if not full.episodes:
            seconds["without"] += full.user_s
            continue
        modules, functions = modules + 1, functions + len(full.episodes)
        decisions += sum(episode.decisions for episode in full.episodes)
        for way in ("full", "optimised", "reduced"):
            # What a module has not got is compiled as it was before.
            seconds[way] += ends.get(way, full).user_s
            if difference := find_difference(full, ends.get(way, full)):
                print(f"{module.name}, {way}: {difference}")
    print(f"{modules} modules with {functions} functions, {decisions} decisions")
    print(f"  in full, with the others: {seconds['full'] + seconds['without']:8.2f} s")
    for way in ("full", "optimised", "reduced"):
        ratio = seconds["full"] / seconds[way]
        print(f"  {way:24} {seconds[way]:8.2f} s   1/{ratio:.1f}")


if __name__ == "__main__":
    main(*map(Path, sys.argv[1:]))
