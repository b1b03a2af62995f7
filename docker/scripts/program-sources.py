"""Print the tarballs that the programs to measure are made of, one a line, tab-separated.

usage: program-sources.py list DEFINITIONS        package, file and sha256, for fetch-programs.sh
       program-sources.py components DEFINITIONS  the same for write-sbom.sh
"""

import re
import sys
import tomllib
from pathlib import Path

VERSION = re.compile(r"_(.+)\.orig")


def packages(definitions: Path) -> list[dict]:
    """Return the `package` tables of all program.toml, in the order of their folders."""
    paths = sorted(definitions.glob("*/program.toml"))
    read = (tomllib.loads(path.read_text(encoding="utf-8")) for path in paths)
    return [content["package"] for content in read if "package" in content]


def component(package: dict) -> tuple[str, ...]:
    """Return a package as write-sbom.sh reads it."""
    found = VERSION.search(package["file"])
    version = found[1] if found else "-"
    purl = f"pkg:deb/debian/{package['name']}@{version}?arch=source"
    return package["file"], version, package["sha256"], "NOASSERTION", purl


if __name__ == "__main__":
    for package in packages(Path(sys.argv[2])):
        if sys.argv[1] == "components":
            print(*component(package), sep="\t")
        else:
            print(package["name"], package["file"], package["sha256"], sep="\t")
