"""Compile a run's modules of programs again, and compare the objects with those of their builds.

Runs in a trainer's container. `compare_built.py RUN` prints as JSON how many modules were compared,
the names of those whose objects differ, and of those that the profile makes no difference to, which
shows that the first comparison means something.
"""

from __future__ import annotations

import json
import subprocess
import sys
import tempfile
from dataclasses import replace
from pathlib import Path

from regalloc.compiler.command_lines import Products, compile_argv
from regalloc.formats.corpus import Module, read_corpus
from regalloc.formats.replays import FULL

BIN = Path("/opt/llvm/bin")


def strip(path: Path, folder: Path) -> bytes:
    """Return an object without embedded bitcode, as the tool writes objects."""
    target = folder / "stripped.o"
    sections = ("--remove-section=.llvmbc", "--remove-section=.llvmcmd")
    subprocess.run([BIN / "llvm-objcopy", *sections, path, target], check=True)
    return target.read_bytes()


def compile_object(module: Module, folder: Path) -> bytes:
    """Return the object of a module, from the bitcode that was embedded."""
    target = folder / "compiled.o"
    argv = compile_argv(BIN / "clang", replace(module, replay=FULL), None, Products(target))
    subprocess.run(argv, check=True, capture_output=True)
    return strip(target, folder)


def main(run: Path) -> None:
    """Print what differs."""
    different, indifferent = [], []
    modules = read_corpus(run / "corpus")
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        for module in modules:
            built = strip(run / "program_objects" / module.name, folder)
            if compile_object(module, folder) != built:
                different.append(module.name)
            if compile_object(replace(module, profile=None), folder) == built:
                indifferent.append(module.name)
    print(json.dumps({"modules": len(modules), "other": different, "unmoved": indifferent}))


if __name__ == "__main__":
    main(Path(sys.argv[1]))
