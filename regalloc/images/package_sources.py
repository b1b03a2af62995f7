"""Where Debian's packages come from: the machine's own package sources, lent to builds.

Builds see them as a secret.  They name mirrors, and no image may.
"""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

SUITE = "bookworm"
"""Debian 12, what every image is made of."""

KEYRING = "debian-archive-keyring"


def debian_sources(apt: Path) -> str:
    """Return the machine's sources of Debian 12, as deb822 stanzas, without any third party's.

    An empty string means that there are none: the machine is no Debian 12.
    """
    return "\n".join(_stanzas(apt)) or "\n".join(_one_liners(apt))


def _stanzas(apt: Path) -> Iterator[str]:
    for path in sorted((apt / "sources.list.d").glob("*.sources")):
        text = "\n".join(line for line in path.read_text().splitlines() if line[:1] != "#")
        for stanza in text.split("\n\n"):
            if KEYRING in stanza and SUITE in stanza:
                yield f"{stanza.strip()}\n"


def _one_liners(apt: Path) -> Iterator[str]:
    files = [apt / "sources.list", *sorted((apt / "sources.list.d").glob("*.list"))]
    for path in files:
        for line in path.read_text().splitlines() if path.is_file() else ():
            if stanza := _as_stanza(line):
                yield stanza


def _as_stanza(line: str) -> str:
    """Return a one-line entry in the other format, or nothing when it is not Debian 12's."""
    before, _, after = line.partition("]") if "[" in line else ("", "", line)
    words = after.split()
    if not before and words[:1] == ["deb"]:
        words = words[1:]
    elif before.split("[")[0].split() != ["deb"]:
        return ""
    # Without a key of its own an entry is trusted by any of them.
    if (before and "signed-by=" in before and KEYRING not in before) or len(words) < 3:
        return ""
    uri, suite, *components = words
    if not suite.startswith(SUITE):
        return ""
    return (
        f"Types: deb\nURIs: {uri}\nSuites: {suite}\nComponents: {' '.join(components)}\n"
        f"Signed-By: /usr/share/keyrings/{KEYRING}.gpg\n"
    )
