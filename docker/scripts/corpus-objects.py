"""Keep of a corpus build what the extraction reads.

usage: corpus-objects.py cut BUILD        keep the commands whose objects are in BUILD/built.txt
       corpus-objects.py copy BUILD DEST  copy compile_commands.json and the objects it names
"""

import json
import shlex
import shutil
import sys
from pathlib import Path

COMMANDS = "compile_commands.json"


def output(entry: dict[str, str]) -> str:
    """Return the object of a compile command, relative to the build; not every cmake names it."""
    argv = shlex.split(entry["command"])
    return entry.get("output") or argv[argv.index("-o") + 1]


def cut(build: Path) -> None:
    """Drop the commands of targets that were not built."""
    built = set((build / "built.txt").read_text().split("\n"))
    entries = json.loads((build / COMMANDS).read_text())
    kept = [entry | {"output": output(entry)} for entry in entries if output(entry) in built]
    (build / COMMANDS).write_text(json.dumps(kept, indent=1) + "\n")
    print(f"corpus: {len(kept)} objects")


def copy(build: Path, dest: Path) -> None:
    """Copy what exists; an object that is missing is for the extraction to count."""
    dest.mkdir(parents=True)
    shutil.copy(build / COMMANDS, dest)
    for entry in json.loads((build / COMMANDS).read_text()):
        relative = Path(output(entry))
        if (build / relative).is_file():
            (dest / relative).parent.mkdir(parents=True, exist_ok=True)
            shutil.copy(build / relative, dest / relative)


if __name__ == "__main__":
    {"cut": cut, "copy": copy}[sys.argv[1]](*map(Path, sys.argv[2:]))
