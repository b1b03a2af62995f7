"""Keep of a corpus build what the extraction reads.

usage: corpus-objects.py cut BUILD        keep the commands whose objects are in BUILD/built.txt
       corpus-objects.py copy BUILD DEST  copy the objects and what describes them
"""

import json
import os
import shlex
import shutil
import sys
from pathlib import Path

COMMANDS = "compile_commands.json"
DESCRIPTION = "source.json"


def output(entry: dict[str, str]) -> str:
    """Return the object of a compile command, relative to the build; not every cmake names it."""
    if "output" in entry:
        return entry["output"]
    argv = shlex.split(entry["command"])
    return argv[argv.index("-o") + 1]


def cut(build: Path) -> None:
    """Drop the commands of targets that were not built."""
    built = set((build / "built.txt").read_text().split("\n"))
    entries = json.loads((build / COMMANDS).read_text())
    kept = [entry | {"output": output(entry)} for entry in entries if output(entry) in built]
    (build / COMMANDS).write_text(json.dumps(kept, indent=1) + "\n")
    print(f"corpus: {len(kept)} objects")


def copy(build: Path, dest: Path) -> None:
    """Copy what exists; an object that is missing is for the extraction to count."""
    names = {output(entry) for entry in json.loads((build / COMMANDS).read_text())}
    for name in sorted({COMMANDS, DESCRIPTION, *names}):
        if (build / name).is_file():
            (dest / name).parent.mkdir(parents=True, exist_ok=True)
            # The content alone: owners and modes are the build's.
            shutil.copyfile(build / name, dest / name)
    _date(dest, int(os.environ["SOURCE_DATE_EPOCH"]))


def _date(folder: Path, epoch: int) -> None:
    """Give everything the one date, so that two builds of the same objects are the same image."""
    for path in (folder, *folder.rglob("*")):
        os.utime(path, (epoch, epoch))


if __name__ == "__main__":
    {"cut": cut, "copy": copy}[sys.argv[1]](*map(Path, sys.argv[2:]))
