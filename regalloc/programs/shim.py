"""Stands for the compiler while a program is built: calls it as is planned, notes objects.

usage: shim.py PLAN cc|cxx ARGUMENT...

PLAN is the JSON of :class:`regalloc.programs.build.ShimPlan`.  Runs once for each compile,
isolated, so it imports nothing of ours.
"""

import hashlib
import json
import os
import resource
import subprocess
import sys
from pathlib import Path

SOURCES = (".c", ".cc", ".cp", ".cpp", ".cxx", ".c++", ".C", ".CPP", ".i", ".ii", ".bc", ".ll")
NO_CODE = ("-E", "-M", "-MM", "-fsyntax-only")


def main(path: Path, language: str, args: list[str]) -> int:
    """Run the compiler that the plan says and return its exit code."""
    plan = json.loads(path.read_bytes())
    outputs = {os.path.relpath(output, plan["root"]): output for output in list_outputs(args)}
    names = plan["names"]
    chosen = names is None or any(name in names for name in outputs)
    argv = [*plan["variant" if chosen else "base"][language], *args]
    code = subprocess.call(argv)
    # Of the compiler and all that it waited for: its own processes, and a search's trials.
    used = resource.getrusage(resource.RUSAGE_CHILDREN)
    if code == 0:
        # A command that compiles several files is each one's in equal parts.
        cpu_s = (used.ru_utime + used.ru_stime) / max(1, len(outputs))
        for name, output in outputs.items():
            note(Path(plan["notes"]), name, output, argv, cpu_s)
    return code if code >= 0 else 128 - code


def list_outputs(args: list[str]) -> list[Path]:
    """Return the files that hold code which this command generates."""
    if any(word in args for word in NO_CODE):
        return []
    sources = [word for word in args if word.endswith(SOURCES) and not word.startswith("-")]
    compiles = "-c" in args or "-S" in args
    # With LTO it is the link that generates code.
    if not sources and (compiles or not any(word.startswith("-flto") for word in args)):
        return []
    if given := find_output(args):
        return [Path(given).resolve()]
    if not compiles:
        return [Path("a.out").resolve()]
    suffix = ".s" if "-S" in args else ".o"
    return [Path(Path(source).stem + suffix).resolve() for source in sources]


def find_output(args: list[str]) -> str:
    """Return what ``-o`` names, or an empty string; the last one counts."""
    for place, word in reversed(list(enumerate(args))):
        if word == "-o":
            return "".join(args[place + 1 : place + 2])
        if word.startswith("-o") and not word.startswith("-object"):
            return word[2:]
    return ""


def note(folder: Path, name: str, output: Path, argv: list[str], cpu_s: float) -> None:
    """Write what became of an object; the build may remove or pack it later."""
    # A probe's output may be /dev/null.
    if not output.is_file():
        return
    sha256 = hashlib.sha256(output.read_bytes()).hexdigest()
    entry = {
        "name": name,
        "sha256": sha256,
        "argv": argv,
        "folder": str(Path.cwd()),
        "cpu_s": cpu_s,
    }
    path = folder / f"{hashlib.sha256(name.encode()).hexdigest()}.json"
    path.write_text(json.dumps(entry), encoding="utf-8")


if __name__ == "__main__":
    sys.exit(main(Path(sys.argv[1]), sys.argv[2], sys.argv[3:]))
