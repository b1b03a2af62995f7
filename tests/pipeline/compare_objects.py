"""Compile a run's modules by a release and by the toolchain, and compare the objects.

Runs in a kit's container. `compare_objects.py RUN RELEASE POLICY [held-out]` prints as JSON how
many modules were compared, and the names of those whose objects differ with the policy off, with it
on, and between policy and default, which shows that the second comparison means something.
"""

from __future__ import annotations

import json
import subprocess
import sys
import tempfile
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

from regalloc.compiler.command_lines import replay_flags
from regalloc.formats.corpus import Module, read_corpus

TOOLCHAIN = Path("/opt/llvm")
ADVISOR = "-regalloc-enable-advisor"


def compile_object(clang: Path, module: Module, *options: str) -> bytes:
    """Return the object that a compiler makes of a module under some LLVM options."""
    with tempfile.NamedTemporaryFile(suffix=".o") as file:
        words = [word for option in options for word in ("-mllvm", option)]
        subprocess.run(
            [clang, "-cc1", *replay_flags(module.cmd), *words, "-emit-obj", "-x", "ir",
             module.bitcode, "-o", file.name],
            check=True, capture_output=True,
        )  # fmt: skip
        return Path(file.name).read_bytes()


def compare(module: Module, release: Path, policy: Path) -> tuple[bool, bool, bool]:
    """Return whether the objects are equal: policy off, on, and off to on."""
    ours, theirs = release / "bin" / "clang", TOOLCHAIN / "bin" / "clang"
    stock = compile_object(theirs, module)
    released = compile_object(ours, module, f"{ADVISOR}=release")
    measured = compile_object(theirs, module, f"{ADVISOR}=development", f"-regalloc-model={policy}")
    return compile_object(ours, module) == stock, released == measured, released == stock


def main(run: Path, release: Path, policy: Path, part: str = "") -> None:
    """Print what differs."""
    modules = [m for m in read_corpus(run / "corpus") if m.held_out or part != "held-out"]
    with ThreadPoolExecutor(2) as pool:
        ends = list(pool.map(lambda module: compare(module, release, policy), modules))
    names = ("off", "on", "policy")
    found = {
        name: [m.name for m, end in zip(modules, ends, strict=True) if not end[index]]
        for index, name in enumerate(names)
    }
    print(json.dumps({"modules": len(modules), **found}))


if __name__ == "__main__":
    main(*map(Path, sys.argv[1:4]), *sys.argv[4:])
