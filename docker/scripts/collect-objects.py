"""Copy compile_commands.json and the objects it names, with their paths, to a new folder.

usage: collect-objects.py BUILD DEST
"""

import json
import shutil
import sys
from pathlib import Path


def main(build: Path, dest: Path) -> None:
    """Copy what exists; an object that is missing is for the extraction to count."""
    commands = build / "compile_commands.json"
    dest.mkdir(parents=True)
    shutil.copy(commands, dest)
    for entry in json.loads(commands.read_text()):
        relative = Path(entry["output"])
        if (build / relative).is_file():
            (dest / relative).parent.mkdir(parents=True, exist_ok=True)
            shutil.copy(build / relative, dest / relative)


if __name__ == "__main__":
    main(Path(sys.argv[1]), Path(sys.argv[2]))
