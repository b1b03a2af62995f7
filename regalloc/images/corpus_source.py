"""Where a corpus comes from: LLVM itself, a Debian source package, or a build of the user's own."""

from __future__ import annotations

import hashlib
import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Literal

from regalloc.errors import ConfigError, CorpusError
from regalloc.files import hash_file
from regalloc.formats.compile_commands import COMPILE_COMMANDS, BuiltObject, read_objects
from regalloc.settings import Corpus

DEB = "deb:"
LLVM = "llvm"

# Debian policy 5.6.1 and 5.6.12.  Nothing in either means anything to a shell.
_PACKAGE = re.compile(r"[a-z0-9][a-z0-9+.-]+")
_VERSION = re.compile(r"[0-9][A-Za-z0-9.+~:-]*")
_BUILD = (
    "build it with the toolchain's clang and -Xclang -fembed-bitcode=all, "
    "and have the build write a compilation database"
)


@dataclass(frozen=True)
class LlvmCorpus:
    """LLVM's own code: the targets that the profile names.

    Attributes:
        pgo: whether it is built with a profile of LLVM's tools at work.
    """

    pgo: bool = False


@dataclass(frozen=True)
class DebCorpus:
    """A Debian source package.

    Attributes:
        name: the source package's name.
        version: its version, or None for the newest that the system's sources have.
        pgo: whether it is built with a profile of its own tests.
    """

    name: str
    version: str | None
    pgo: bool = False

    @property
    def spec(self) -> str:
        """Return name and version as apt takes them."""
        return self.name if self.version is None else f"{self.name}={self.version}"


@dataclass(frozen=True)
class FolderCorpus:
    """A build that is there already; there is no image of it.

    Attributes:
        path: the folder, which is mounted as the objects.
        digest: sha256 over its compilation database and objects: another build, another digest.
        objects: number of its objects.
    """

    path: Path
    digest: str
    objects: int


CorpusSource = LlvmCorpus | DebCorpus | FolderCorpus
CorpusKind = Literal["llvm", "deb"]
"""What the corpus image's build is told of its source."""
LLVM_CORPUS = LlvmCorpus()


def find_source(asked: Sequence[str], alone: bool, pgo: bool = False) -> CorpusSource | None:
    """Return what a corpus is made of beside programs, or None for nothing.

    Args:
        asked: what `--corpus-from` names beside programs.
        alone: whether programs are all of it.
        pgo: whether the rest is built with a profile.

    Raises:
        ConfigError: several sources are asked for, or one that cannot be, or there is nothing that
            `--pgo` could be for.
        CorpusError: a folder holds no build that can be a corpus.
    """
    if len(asked) > 1:
        raise ConfigError(
            f"--corpus-from={asked[0]} and --corpus-from={asked[1]} exclude each other",
            "a corpus has one build beside programs: LLVM's, a package's or a folder's",
            "name one of them, and as many programs as you like: --corpus-from=program:NAME",
        )
    if not alone:
        return parse_corpus_from(asked[0] if asked else "", pgo)
    if pgo:
        raise ConfigError(
            "--pgo has nothing to profile",
            "programs are profiled by their own workloads, and there is nothing else in the corpus",
            "leave --pgo out",
        )
    return None


def parse_corpus_from(text: str, pgo: bool = False) -> CorpusSource:
    """Return what a text asks for: nothing or `llvm`, `deb:NAME[=VERSION]` or a folder.

    Args:
        text: the option's value.
        pgo: whether the corpus is built with a profile.

    Raises:
        ConfigError: it is none of them, or a folder, which is built already, with a profile.
        CorpusError: the folder holds no build that can be a corpus.
    """
    if text in ("", LLVM):
        return LlvmCorpus(pgo)
    if not text.startswith(DEB):
        if pgo:
            raise _no_profile(text)
        return read_folder(Path(text).expanduser())
    name, equals, version = text.removeprefix(DEB).partition("=")
    if not _PACKAGE.fullmatch(name):
        raise _no_package(text, f"{name!r} is no name of a Debian source package")
    if equals and not _VERSION.fullmatch(version):
        raise _no_package(text, f"{version!r} is no version of a Debian package")
    return DebCorpus(name, version if equals else None, pgo)


def corpus_args(source: CorpusSource | None, corpus: Corpus) -> dict[str, str]:
    """Return the corpus image's build arguments, empty where one does not apply.

    A package's image depends on the package alone, so profiles share it; a folder needs no image.
    """
    match source:
        case LlvmCorpus():
            targets, projects = ";".join(corpus.targets), ";".join(corpus.projects)
            return _args("llvm", targets=targets, projects=projects, pgo=source.pgo)
        case DebCorpus():
            return _args("deb", package=source.spec, pgo=source.pgo)
        case FolderCorpus() | None:
            return _args("")


def read_folder(folder: Path) -> FolderCorpus:
    """Return a folder with a build as a corpus; every object in it is read.

    Raises:
        CorpusError: there is no folder or build, its compilation database does not parse, none of
            its objects exists, or one lies elsewhere.
    """
    # The database holds whole paths; through a link they would not be seen to lie below.
    root = folder.resolve()
    if not root.is_dir():
        raise CorpusError(
            f"there is no folder {folder}", "", "give --corpus-from a folder, or deb:NAME"
        )
    if not (root / COMPILE_COMMANDS).is_file():
        raise CorpusError(f"{folder} has no {COMPILE_COMMANDS}", "", _BUILD)
    try:
        objects = read_objects(root)
    except CorpusError as error:
        # Its advice is about the corpus image, which has nothing to do with this folder.
        raise CorpusError(
            f"{folder} is no build", f"{error.brief}: {error.details}", _BUILD
        ) from error
    objects = tuple(built for built in objects if built.left_out is None)
    outside = [built for built in objects if not built.path.resolve().is_relative_to(root)]
    if outside:
        raise CorpusError(
            f"{len(outside)} of {len(objects)} objects lie outside of {folder}",
            f"first {outside[0].path}",
            "give the folder that holds all of the build: stages see nothing else",
        )
    made = [built for built in objects if built.path.is_file()]
    if not made:
        raise CorpusError(
            f"none of the {len(objects)} objects of {folder} exists",
            f"first {objects[0].path}",
            "run the build before it becomes a corpus",
        )
    return FolderCorpus(root, _digest(root, made), len(made))


def _digest(root: Path, objects: Iterable[BuiltObject]) -> str:
    digest = hashlib.sha256(_sha256(root / COMPILE_COMMANDS).encode())
    for built in objects:
        name = built.path.resolve().relative_to(root).as_posix()
        line = f"{name}\0{_sha256(built.path)}\0"
        digest.update(line.encode("utf-8", "surrogateescape"))
    return digest.hexdigest()


def _sha256(path: Path) -> str:
    try:
        return hash_file(path)
    except OSError as error:
        raise CorpusError(
            f"{path} cannot be read", error.strerror or str(error), "make it readable for this user"
        ) from error


def _args(
    kind: CorpusKind | Literal[""],
    *,
    targets: str = "",
    projects: str = "",
    package: str = "",
    pgo: bool = False,
) -> dict[str, str]:
    return {
        "CORPUS_KIND": kind,
        "CORPUS_PGO": "1" if pgo else "",
        "CORPUS_TARGETS": targets,
        "CORPUS_PROJECTS": projects,
        "CORPUS_PACKAGE": package,
    }


def _no_profile(folder: str) -> ConfigError:
    return ConfigError(
        f"--pgo and --corpus-from={folder} exclude each other",
        "a folder is a build that is there already, with or without a profile",
        "leave --pgo out, and build the folder with -fprofile-instr-use: what its command lines "
        "name is found",
    )


def _no_package(text: str, reason: str) -> ConfigError:
    return ConfigError(
        f"--corpus-from={text} cannot be used",
        reason,
        "name a source package, --corpus-from=deb:NAME or deb:NAME=VERSION, or a folder",
    )
