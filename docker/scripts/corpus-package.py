"""Say what source package a corpus is made of, and gather the objects its build left.

usage: corpus-package.py describe DSC FILE            write package, version and sums as JSON
       corpus-package.py settle RECORDS SOURCE COUNTS  drop the counts of what ran before the build
       corpus-package.py collect RECORDS SOURCE DEST  copy the objects, with compile_commands.json
"""

import hashlib
import json
import os
import re
import shutil
import sys
from collections import Counter
from dataclasses import dataclass
from pathlib import Path

COMMANDS = "compile_commands.json"
DESCRIPTION = "source.json"

POSITION = re.compile(r"-f(pic|PIC|pie|PIE)")
FAST = frozenset({"-O2", "-O3"})
LEVEL = re.compile(r"-O([0-3sgz]|fast)?")


@dataclass(frozen=True)
class Object:
    """An object that is there at the end of the build.

    Attributes:
        name: its path below the source tree.
        entry: the compiler's note of it.
        embedded: whether it holds bitcode.
    """

    name: str
    entry: dict
    embedded: bool

    @property
    def source(self) -> str:
        """Return the source's path, links resolved."""
        return os.path.realpath(Path(self.entry["directory"]) / self.entry["file"])

    @property
    def level(self) -> str:
        """Return the optimisation level; the last one given counts."""
        levels = [arg for arg in self.entry["arguments"] if LEVEL.fullmatch(arg)]
        return levels[-1] if levels else "-O0"

    @property
    def rank(self) -> tuple[bool, bool, bool, bool, str]:
        """Return what orders the objects of one source, the one to take first."""
        args = self.entry["arguments"]
        slow = self.level not in FAST
        c_as_cxx = self.entry["language"] == "c" and "--driver-mode=g++" in args
        dependent = not any(POSITION.fullmatch(arg) for arg in args)
        return not self.embedded, slow, c_as_cxx, dependent, self.name


def describe(dsc: Path, file: Path) -> None:
    """Write what apt checked: the package's description, and the files that it names."""
    fields: dict[str, str] = {}
    name = ""
    for line in dsc.read_text().splitlines():
        if line.startswith(" "):
            fields[name] = f"{fields.get(name, '')}\n{line.strip()}"
        elif ":" in line:
            name, _, value = line.partition(":")
            # The first of a name counts: a signature around the fields adds some of its own.
            fields.setdefault(name, value.strip())
    sums = [line.split() for line in fields["Checksums-Sha256"].splitlines() if line]
    files = [{"name": dsc.name, "sha256": hashlib.sha256(dsc.read_bytes()).hexdigest()}]
    files += [{"name": name, "sha256": digest} for digest, _, name in sums]
    _write(file, {"package": fields["Source"], "version": fields["Version"], "files": files})


def settle(records: Path, source: Path, counts: Path) -> None:
    """Drop the counts of programs that ended before the first object that is left was made.

    Those are configure's probes: without any tests they would pass for a workload.
    """
    made = (source / found.name for found in find_objects(read_records(records), source))
    first = min((path.stat().st_mtime_ns for path in made), default=0)
    for path in counts.glob("*.profraw"):
        if path.stat().st_mtime_ns < first:
            path.unlink()


def collect(records: Path, source: Path, dest: Path) -> None:
    """Copy the objects that are left and write their commands, in an order of their own.

    Of a source that was compiled several times, for a static and a shared library say, one object
    is taken: its functions would else be on both sides of the split.
    """
    dest.mkdir(parents=True, exist_ok=True)
    noted = read_records(records)
    found = find_objects(noted, source)
    kept = choose_objects(found)
    embedded = [made for made in kept if made.embedded]
    if not embedded:
        sys.exit(
            f"error: the build left no object with embedded bitcode: {len(noted)} compiles were "
            f"seen, {len(found)} of their objects are left\n"
            "what to do: name a package that compiles C or C++ to objects"
        )
    for made in kept:
        target = dest / made.name
        target.parent.mkdir(parents=True, exist_ok=True)
        shutil.copyfile(source / made.name, target)
    commands = [_command(made, source.resolve(), dest) for made in kept]
    (dest / COMMANDS).write_text(json.dumps(commands, indent=1) + "\n", encoding="ascii")
    levels = dict(sorted(Counter(made.level for made in embedded).items()))
    _write(
        dest / DESCRIPTION,
        {
            **json.loads((dest / DESCRIPTION).read_text()),
            "objects": len(kept),
            "with_bitcode": len(embedded),
            "same_source_left_out": len(found) - len(kept),
            "levels": levels,
        },
    )
    counts = ", ".join(f"{count} at {level}" for level, count in levels.items())
    print(
        f"corpus: {len(kept)} objects, {len(embedded)} with bitcode ({counts}); "
        f"{len(found) - len(kept)} more of the same sources left out"
    )


def read_records(records: Path) -> dict[str, dict]:
    """Return the compiler's notes by what stays with an object when it is moved."""
    return {path.stem: json.loads(path.read_text()) for path in records.glob("*.json")}


def find_objects(noted: dict[str, dict], source: Path) -> list[Object]:
    """Return the files that are still as a compiler left them, by name, wherever they were moved.

    The objects of probes are gone, and so is what another compile or tool wrote over.
    """
    found: dict[str, Object] = {}
    for path in sorted(source.rglob("*")):
        if path.is_symlink() or not path.is_file():
            continue
        status = path.stat()
        key = f"{status.st_ino}-{status.st_mtime_ns}"
        if entry := noted.get(key):
            embedded = entry["language"] != "assembler" and b".llvmbc" in path.read_bytes()
            made = Object(path.relative_to(source).as_posix(), entry, embedded)
            # A file under two names is one object.
            found.setdefault(key, made)
    return list(found.values())


def choose_objects(objects: list[Object]) -> list[Object]:
    """Return one object for each source, by name: optimised for speed, position independent."""
    chosen: dict[str, Object] = {}
    for made in sorted(objects, key=lambda made: made.rank):
        chosen.setdefault(made.source, made)
    return sorted(chosen.values(), key=lambda made: made.name)


def _command(made: Object, source: Path, dest: Path) -> dict:
    """Return a compilation database's entry whose paths begin where the objects lie now."""
    file = Path(os.path.normpath(Path(made.entry["directory"]) / made.entry["file"]))
    return {
        "directory": str(dest),
        "file": os.path.relpath(file, source) if file.is_relative_to(source) else str(file),
        "arguments": made.entry["arguments"],
        "output": made.name,
    }


def _write(path: Path, content: dict) -> None:
    path.write_text(json.dumps(content, indent=1) + "\n", encoding="ascii")


if __name__ == "__main__":
    {"describe": describe, "settle": settle, "collect": collect}[sys.argv[1]](
        *map(Path, sys.argv[2:])
    )
