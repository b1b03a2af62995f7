"""The files of an image hashed one by one, so that two builds can be compared."""

from __future__ import annotations

import hashlib
import tarfile
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import BinaryIO

Files = dict[str, str]
"""Path to what the file is: kind, mode and owner, and its content's sha256 or its target."""

_CHUNK = 1024 * 1024
# Written by the engine into every container, and no part of an image.
_ENGINES_OWN = ("dev/", "proc/", "sys/", ".dockerenv", "etc/hostname", "etc/hosts", "etc/mtab")
_ENGINES_OWN_LINKS = ("etc/resolv.conf",)


@dataclass(frozen=True)
class Difference:
    """A file in which two builds differ.

    Attributes:
        path: the file, relative to the root or to the folder of a stage.
        first: what it is in the first build, `missing` when it is not there.
        second: the same of the second.
    """

    path: str
    first: str
    second: str


def hash_files(stream: BinaryIO) -> Files:
    """Return every file of a file system that comes as a tar stream.

    Times are left out: they are part of the layers, which are compared as wholes.
    """
    files: Files = {}
    with tarfile.open(fileobj=stream, mode="r|", bufsize=_CHUNK) as archive:
        for member in archive:
            name = member.name.removeprefix("./")
            if not name.startswith((*_ENGINES_OWN, *_ENGINES_OWN_LINKS)):
                files[name] = _describe(archive, member)
    return files


def _describe(archive: tarfile.TarFile, member: tarfile.TarInfo) -> str:
    owner = f"{member.mode & 0o7777:04o} {member.uid}:{member.gid}"
    if member.issym() or member.islnk():
        return f"link to {member.linkname} {owner}"
    if not member.isreg():
        return f"{'folder' if member.isdir() else 'device'} {owner}"
    digest = hashlib.sha256()
    content = archive.extractfile(member)
    while content and (chunk := content.read(_CHUNK)):
        digest.update(chunk)
    return f"sha256:{digest.hexdigest()} {owner}"


def compare_files(first: Mapping[str, str], second: Mapping[str, str]) -> Iterator[Difference]:
    """Yield the files in which two builds differ, in the order of their paths."""
    for path in sorted({*first, *second}):
        one, other = first.get(path, "missing"), second.get(path, "missing")
        if one != other:
            yield Difference(path, one, other)
