"""What stages left in their folders, seen as if they were hostile.

A stage may write what it likes into its folder: links to files of this machine, pipes that have
their reader wait, folders without end.  What is here opens everything relative to the folder above
it, follows no link, and takes plain files, folders and links that stay inside.
"""

from __future__ import annotations

import errno
import hashlib
import os
import re
import stat
from collections.abc import Collection, Iterator
from dataclasses import dataclass, field
from pathlib import Path, PurePosixPath

from regalloc.errors import DiskError, OutputError

DEPTH = 64
"""Most folders inside each other; a build's own are some ten."""
COUNT = 2_000_000
"""Most files, links and folders together."""
FILE_BYTES = 64 * 1024**3
"""Most bytes of one file."""

_CONTROL = re.compile(r"[\x00-\x1f\x7f\x80-\x9f]")
_FOLDER = os.O_RDONLY | os.O_DIRECTORY | os.O_NOFOLLOW | os.O_CLOEXEC
_FILE = os.O_RDONLY | os.O_NOFOLLOW | os.O_NONBLOCK | os.O_CLOEXEC


@dataclass(frozen=True)
class Output:
    """A file or a link.

    Attributes:
        size: in bytes; of a link, of its target's name.
        sha256: of the content, or of a link's target; empty where it was not asked for.
        mark: what the file system says of it, which changes with each change of the content.
    """

    size: int
    sha256: str = ""
    mark: str = field(default="", compare=False)


def walk_outputs(
    folder: Path, hashed: bool = True, unhashed: Collection[str] = ()
) -> dict[str, Output]:
    """Return a folder's files and links by their relative paths, sorted within each folder.

    Args:
        folder: where a stage wrote, and nobody does any more.
        hashed: whether contents are read.
        unhashed: names at the top that are looked at as the rest is, and left out of the result.

    Raises:
        OutputError: something in it is no plain file, folder or link that stays inside, or is too
            deep, too large or too many.
        DiskError: the folder or a file cannot be read.
    """
    found = {}
    try:
        top = os.open(folder, _FOLDER)
        try:
            for count, (path, output) in enumerate(_walk(folder, top, "", 0, hashed)):
                if count >= COUNT:
                    raise _refuse(folder, ".", f"there are more than {COUNT} files in it")
                if output is not None and path.split("/", 1)[0] not in unhashed:
                    found[path] = output
        finally:
            os.close(top)
    except OSError as error:
        if error.errno in (errno.ELOOP, errno.ENOTDIR):
            raise _refuse(folder, error.filename or ".", "it became a link or a file") from error
        raise DiskError(
            f"{folder} cannot be read", str(error), "check who owns it, and whether it is there"
        ) from error
    return found


def hash_output(folder: Path, path: str) -> str:
    """Return the sha256 of one file, or of one link's target, that :func:`walk_outputs` listed.

    Raises:
        OSError: it is not there any more, or is something else.
    """
    *above, name = path.split("/")
    here = os.open(folder, _FOLDER)
    try:
        for part in above:
            inner = os.open(part, _FOLDER, dir_fd=here)
            os.close(here)
            here = inner
        if stat.S_ISLNK(os.stat(name, dir_fd=here, follow_symlinks=False).st_mode):
            target = os.readlink(name, dir_fd=here)
            return hashlib.sha256(f"link:{target}".encode("utf-8", "surrogateescape")).hexdigest()
        return _hash(name, here)
    finally:
        os.close(here)


def remove_tree(folder: Path) -> None:
    """Remove a folder with everything in it, however deep it is, and follow no link.

    A folder that is not there is removed already.

    Raises:
        OSError: something cannot be removed.
    """
    try:
        top = os.open(folder, _FOLDER)
    except FileNotFoundError:
        return
    try:
        _empty(top)
    finally:
        os.close(top)
    folder.rmdir()


def _walk(
    folder: Path, above: int, path: str, depth: int, hashed: bool
) -> Iterator[tuple[str, Output | None]]:
    """Yield what a folder holds with its path; a folder before what is in it, with None."""
    if depth > DEPTH:
        raise _refuse(folder, path, f"folders lie in each other more than {DEPTH} deep")
    with os.scandir(above) as entries:
        names = sorted(entry.name for entry in entries)
    for name in names:
        inner = f"{path}/{name}" if path else name
        if _CONTROL.search(name):
            raise _refuse(folder, inner, "its name holds control characters")
        status = os.stat(name, dir_fd=above, follow_symlinks=False)
        if stat.S_ISDIR(status.st_mode):
            yield inner, None
            descriptor = os.open(name, _FOLDER, dir_fd=above)
            try:
                yield from _walk(folder, descriptor, inner, depth + 1, hashed)
            finally:
                os.close(descriptor)
        elif stat.S_ISLNK(status.st_mode):
            target = os.readlink(name, dir_fd=above)
            if not _stays_inside(target, depth):
                raise _refuse(folder, inner, f"it is a link that leads elsewhere: {target!r}")
            digest = hashlib.sha256(f"link:{target}".encode("utf-8", "surrogateescape"))
            digest_of = digest.hexdigest() if hashed else ""
            yield inner, Output(status.st_size, digest_of, _mark(status))
        elif stat.S_ISREG(status.st_mode):
            if status.st_mode & (stat.S_ISUID | stat.S_ISGID):
                raise _refuse(folder, inner, "whoever executes it gets another's rights (setuid)")
            if status.st_size > FILE_BYTES:
                raise _refuse(folder, inner, f"it has more than {FILE_BYTES} bytes")
            digest_of = _hash(name, above) if hashed else ""
            yield inner, Output(status.st_size, digest_of, _mark(status))
        else:
            raise _refuse(folder, inner, "it is neither a file nor a folder")


def _mark(status: os.stat_result) -> str:
    # Nobody but the clock's owner sets the time of the last change of a file's state.
    return f"{status.st_ino} {status.st_mtime_ns} {status.st_ctime_ns}"


def _hash(name: str, above: int) -> str:
    # Opened without waiting: since it was looked at it may have become a pipe.
    descriptor = os.open(name, _FILE, dir_fd=above)
    with os.fdopen(descriptor, "rb", buffering=0) as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


def _stays_inside(target: str, depth: int) -> bool:
    """Tell whether a link's target is inside, whatever links it goes through.

    Args:
        target: what the link says.
        depth: how many folders the link lies below the top.
    """
    path = PurePosixPath(target)
    up = 0
    while up < len(path.parts) and path.parts[up] == "..":
        up += 1
    # Behind a name the way up could start from where a link leads.
    inner = path.parts[up:]
    return bool(path.parts) and not path.is_absolute() and up <= depth and ".." not in inner


def _empty(top: int) -> None:
    """Remove everything in a folder.

    Folders in folders are first moved to the top, so that no depth is too much.
    """
    number = 0
    while names := os.listdir(top):
        for name in names:
            if not stat.S_ISDIR(os.stat(name, dir_fd=top, follow_symlinks=False).st_mode):
                os.unlink(name, dir_fd=top)
                continue
            os.chmod(name, 0o700, dir_fd=top)
            below = os.open(name, _FOLDER, dir_fd=top)
            try:
                for inner in os.listdir(below):
                    if stat.S_ISDIR(os.stat(inner, dir_fd=below, follow_symlinks=False).st_mode):
                        # To be moved, a folder has to be its owner's to write.
                        os.chmod(inner, 0o700, dir_fd=below)
                        number = _move(inner, below, top, number)
                    else:
                        os.unlink(inner, dir_fd=below)
            finally:
                os.close(below)
            os.rmdir(name, dir_fd=top)


def _move(name: str, above: int, top: int, number: int) -> int:
    """Move a folder to the top under a name that is free there, and return the next number."""
    while True:
        number += 1
        try:
            os.stat(f"{number}", dir_fd=top, follow_symlinks=False)
        except FileNotFoundError:
            os.rename(name, f"{number}", src_dir_fd=above, dst_dir_fd=top)
            return number


def _refuse(folder: Path, path: str, why: str) -> OutputError:
    return OutputError(
        f"{folder} holds what no result may hold",
        f"{path!r}: {why}",
        "find out what wrote it before you use anything of it, and remove it from the folder",
    )
