"""Programs that a user wants measured: hashed, and copied to where the stage sees them."""

from __future__ import annotations

import shutil
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from regalloc.errors import DiskError, ProgramError
from regalloc.layout import PROGRAM_DEFINITION
from regalloc.pipeline.manifest import digest_writes
from regalloc.pipeline.outputs import remove_tree, walk_outputs


@dataclass(frozen=True)
class OwnPrograms:
    """Folders of programs, and what is in them.

    Attributes:
        folders: absolute paths, each with a program.toml.
        digest: hash of all their files; empty when there is no folder.
    """

    folders: tuple[Path, ...] = ()
    digest: str = ""

    def copy_to(self, target: Path) -> None:
        """Put copies into a new folder, in place of those of an earlier run.

        The stage sees a run's folder and nothing else of the machine.

        Raises:
            DiskError: they cannot be copied.
        """
        try:
            remove_tree(target)
            for number, folder in enumerate(self.folders):
                shutil.copytree(folder, target / f"{number}-{folder.name}", symlinks=True)
        except (OSError, shutil.Error) as error:
            raise DiskError(
                f"{target} cannot be written", str(error), "free space, or check who owns it"
            ) from error


NO_PROGRAMS = OwnPrograms()


def find_own_programs(named: Sequence[str]) -> OwnPrograms:
    """Return the programs whose folders were named.

    Raises:
        ProgramError: a folder holds no program.toml.
        OutputError: it holds pipes or links that lead elsewhere.
        DiskError: a file of it cannot be read.
    """
    folders = tuple(Path(name).resolve() for name in named)
    for folder in folders:
        if not (folder / PROGRAM_DEFINITION).is_file():
            raise ProgramError(
                f"there is no program in {folder}",
                f"it has no {PROGRAM_DEFINITION}",
                "name a folder with one; docs/programs.md says what it holds",
            )
    digests = {str(number): _digest(folder) for number, folder in enumerate(folders)}
    return OwnPrograms(folders, digest_writes(digests) if folders else "")


def _digest(folder: Path) -> str:
    files = walk_outputs(folder)
    return digest_writes({f"{folder.name}/{path}": file.sha256 for path, file in files.items()})
