"""Lay out a program's source: a tarball unpacked, or a folder copied."""

from __future__ import annotations

import shutil
import tarfile
from collections.abc import Iterator
from pathlib import Path, PurePosixPath

from regalloc.errors import ProgramError
from regalloc.files import hash_file
from regalloc.layout import PROGRAM_DEFINITION
from regalloc.programs.definition import Package, Program


def lay_out(program: Program, tarballs: Path, target: Path) -> None:
    """Put a program's source into a new folder.

    Args:
        program: whose.
        tarballs: folder of the tarballs that the image holds.
        target: the folder, which does not exist.

    Raises:
        ProgramError: the tarball or the folder is not there, or is another one.
    """
    source = find_source(program, tarballs)
    if program.definition.package:
        _unpack(source, program.definition.package, target)
    else:
        shutil.copytree(source, target, symlinks=True)


def find_source(program: Program, tarballs: Path) -> Path:
    """Return the tarball or the folder of a program's source.

    Args:
        program: whose.
        tarballs: folder of the tarballs that the image holds.

    Raises:
        ProgramError: the tarball or the folder is not there, or is another one.
    """
    if program.definition.package:
        return _find_tarball(program, program.definition.package, tarballs)
    folder = program.folder / program.definition.folder
    # A link may lead anywhere.
    inside = folder.resolve().is_relative_to(program.folder.resolve())
    if not inside or not folder.is_dir():
        raise ProgramError(
            f"{program.name} has no source",
            f"{folder} is no folder" if inside else f"{folder} lies outside of {program.folder}",
            f"correct `folder` in {program.folder / PROGRAM_DEFINITION}",
        )
    return folder


def _find_tarball(program: Program, package: Package, tarballs: Path) -> Path:
    tarball = tarballs / package.file
    try:
        found = hash_file(tarball)
    except OSError as error:
        raise ProgramError(
            f"{package.file} of {program.name} is not in the image",
            f"{tarball}: {error.strerror}",
            "a program of your own names a `folder`; only those of configs/programs are fetched "
            "when the image is built",
        ) from error
    if found != package.sha256:
        raise ProgramError(
            f"{package.file} is not the tarball that {program.name} names",
            f"it has sha256 {found},\n{program.folder / PROGRAM_DEFINITION} says {package.sha256}",
            "correct `package.sha256` if Debian's tarball changed, and build the image again",
        )
    return tarball


def _unpack(tarball: Path, package: Package, target: Path) -> None:
    with _Archive.open(tarball) as archive:
        # Debian 12's Python has no filters yet; the sum says that nothing has to be filtered.
        archive.extraction_filter = getattr(tarfile, "data_filter", _keep)
        archive.extractall(target, _members(archive, package.leave_out))


class _Archive(tarfile.TarFile):
    """A tarball whose files belong to whoever unpacks them.

    Root in a container gives files away, and may then set neither their modes nor their dates.
    """

    def chown(self, tarinfo: tarfile.TarInfo, targetpath: object, numeric_owner: bool) -> None:
        """Change no owner."""


def _members(archive: tarfile.TarFile, leave_out: tuple[str, ...]) -> Iterator[tarfile.TarInfo]:
    """Yield what is unpacked, without the folder at the tarball's top, if all lies in one."""
    unwanted = [PurePosixPath(path).parts for path in leave_out]
    named = [(member, PurePosixPath(member.name).parts) for member in archive]
    has_folder = len({parts[0] for _, parts in named if parts}) == 1
    for member, path in named:
        parts = path[1:] if has_folder else path
        if parts and not any(parts[: len(left)] == left for left in unwanted):
            member.name = str(PurePosixPath(*parts))
            yield member


def _keep(member: tarfile.TarInfo, path: str) -> tarfile.TarInfo:
    return member
