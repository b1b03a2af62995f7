"""Builds what stands for the images where no docker engine answers.

The same scripts run as in the Dockerfiles and see the same canonical paths, bound in a mount
namespace of their own, so that paths inside the results are docker's.
"""

from __future__ import annotations

import os
import shutil
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import assert_never, cast

from regalloc.engine.local import WHOLE, local_folder
from regalloc.engine.outcome import Tail, describe_exit
from regalloc.engine.process import run_process
from regalloc.engine.refusals import says_full
from regalloc.engine.signals import interruptible
from regalloc.errors import DiskError, EngineError, ImageError
from regalloc.images.base import SOURCE_DATE_EPOCH
from regalloc.images.corpus_source import CorpusKind
from regalloc.images.progress import BuildBar, BuildProgress, parse_count, show_progress
from regalloc.images.tree import Target
from regalloc.releases import Flavor

SOURCE = Path("/llvm-project")
TENSORFLOW = Path("/opt/tensorflow")
PREFIX = Path("/opt/llvm")
OBJECTS = Path("/llvm_corpus")
VENV = Path("/opt/venv")
PACKAGE = Path("/package")
KIT = Path("/opt/kit")
PYTHON = "/usr/bin/python3.11"
_WHEELS = "docker/scripts/install-wheels.sh"
_LOCK = "docker/trainer/requirements.txt"
Step = tuple[str, ...]


def install(*lists: str) -> Step:
    """Return the command that installs the Debian packages of some lists."""
    paths = (f"docker/{name}.txt" for name in lists)
    return ("bash", "docker/scripts/install-packages.sh", *paths)


def build_steps(target: Target, folder: Path, cache: Path) -> tuple[Step, ...]:
    """Return the commands that make an image's content, relative to the checkout."""
    source, prefix = str(SOURCE), str(PREFIX)
    scripts, major = "docker/scripts", dict(target.args).get("LLVM_MAJOR")
    match target.name:
        case "llvm":
            return (
                install(
                    "llvm/packages-build",
                    f"llvm/packages-build-{major}",
                    "llvm/packages-source",
                    "llvm/packages-run",
                ),
                ("bash", f"{scripts}/fetch-source.sh", source),
                ("bash", f"{scripts}/fetch-tensorflow.sh", str(TENSORFLOW)),
                *_flavor_steps(_flavor_of(target)),
                ("bash", f"{scripts}/test-toolchain.sh", source, prefix),
            )
        case "corpus":
            return _corpus_steps(dict(target.args))
        case "trainer":
            return (
                install("trainer/packages", "llvm/packages-source", "llvm/packages-test"),
                *_trainer_steps(folder / "venv", local_folder(cache, target.parent or "")),
            )
        case "kit":
            return _kit_steps(str(major), local_folder(cache, target.parent or ""))
        case "programs":
            return _programs_steps(folder)
        case "cluster":
            return _cluster_steps(folder / "venv", local_folder(cache, target.toolchain or ""))
        case "base" | "bench":
            # The base is the machine itself; the checkout holds all that is in bench.
            return ()
        case _:
            assert_never(target.name)


def _flavor_of(target: Target) -> Flavor:
    return cast("Flavor", dict(target.args)["LLVM_FLAVOR"])


def _flavor_steps(flavor: Flavor) -> tuple[Step, ...]:
    """Return the commands that make the toolchain itself."""
    given = (str(SOURCE), str(TENSORFLOW))
    match flavor:
        case "relink":
            return (("bash", "docker/scripts/build-relink.sh", *given, str(PREFIX)),)
        case "source":
            return (
                install("llvm/packages-compile"),
                ("bash", _WHEELS, PYTHON, _LOCK, str(VENV)),
                ("bash", "docker/scripts/build-source.sh", *given, str(VENV), str(PREFIX)),
            )
        case _:
            assert_never(flavor)


def _corpus_steps(args: Mapping[str, str]) -> tuple[Step, ...]:
    scripts, prefix, objects = "docker/scripts", str(PREFIX), str(OBJECTS)
    profile = (
        ("corpus/packages-profile", f"corpus/packages-profile-{args['LLVM_MAJOR']}")
        if args.get("CORPUS_PGO")
        else ()
    )
    kind = cast("CorpusKind", args["CORPUS_KIND"])
    match kind:
        case "deb":
            package = str(PACKAGE)
            return (
                install("corpus/packages-deb", *profile),
                ("bash", f"{scripts}/fetch-package.sh", args["CORPUS_PACKAGE"], package),
                ("bash", f"{scripts}/build-package.sh", package, prefix, objects),
            )
        case "llvm":
            return (
                install("corpus/packages-llvm", *profile),
                ("bash", f"{scripts}/build-corpus.sh", str(SOURCE), prefix, objects),
            )
        case _:
            assert_never(kind)


def _trainer_steps(venv: Path, llvm: Path) -> tuple[Step, ...]:
    # The wheels' links must hold outside of the mount namespace as well: no canonical path here.
    libraries = llvm / "opt" / "llvm" / "lib" / "tensorflow"
    test = ("bash", "docker/scripts/test-advisor.sh", str(SOURCE), str(PREFIX))
    return (
        ("bash", _WHEELS, PYTHON, _LOCK, str(venv), str(libraries)),
        ("env", f"PYTHON={venv / 'bin' / 'python'}", *test),
    )


def _cluster_steps(venv: Path, llvm: Path) -> tuple[Step, ...]:
    # A folder does not hold its parent's as an image does: the trainer's wheels, and Ray's.
    libraries = llvm / "opt" / "llvm" / "lib" / "tensorflow"
    return (
        ("bash", _WHEELS, PYTHON, _LOCK, str(venv), str(libraries)),
        ("bash", "docker/scripts/install-ray.sh", str(venv), "docker/cluster/requirements.txt"),
    )


def _kit_steps(major: str, trainer: Path) -> tuple[Step, ...]:
    scripts, python = "docker/scripts", str(trainer / "venv" / "bin" / "python")
    test = ("bash", f"{scripts}/test-kit.sh", str(SOURCE), str(PREFIX))
    return (
        install(
            "llvm/packages-build",
            f"llvm/packages-build-{major}",
            "llvm/packages-test",
            "kit/packages",
        ),
        ("bash", f"{scripts}/build-kit.sh", str(SOURCE), str(KIT)),
        ("bash", f"{scripts}/build-runtime.sh", python, str(PREFIX), str(KIT)),
        ("env", f"PYTHON={python}", *test),
    )


def _programs_steps(folder: Path) -> tuple[Step, ...]:
    definitions, place = "configs/programs", folder / "opt" / "programs"
    return (
        install("programs/packages-fetch", "programs/packages"),
        ("bash", "docker/scripts/fetch-programs.sh", definitions, str(place / "tarballs")),
        ("cp", "-r", definitions, str(place / "definitions")),
    )


def build_binds(target: Target, folder: Path, cache: Path) -> dict[Path, Path]:
    """Return canonical path to the folder of ours that is seen there."""
    match target.name:
        case "llvm":
            # The recipe's build compiles models ahead of time, with TensorFlow's own tool.
            venv = (VENV,) if _flavor_of(target) == "source" else ()
            return _made_at(folder, SOURCE, TENSORFLOW, PREFIX, *venv)
        case "base" | "programs" | "cluster" | "bench":
            return {}
        case "trainer":
            return _toolchain_of(target, cache)
        case "kit":
            return _toolchain_of(target, cache) | _made_at(folder, KIT)
        case "corpus":
            package = (PACKAGE,) if dict(target.args)["CORPUS_KIND"] == "deb" else ()
            return _toolchain_of(target, cache) | _made_at(folder, OBJECTS, *package)
        case _:
            assert_never(target.name)


def _toolchain_of(target: Target, cache: Path) -> dict[Path, Path]:
    llvm = local_folder(cache, target.toolchain or target.parent or "")
    return _made_at(llvm, SOURCE, TENSORFLOW, PREFIX)


def _made_at(folder: Path, *paths: Path) -> dict[Path, Path]:
    """Return canonical paths with where they are below a folder of ours."""
    return {path: folder / path.relative_to("/") for path in paths}


@dataclass(frozen=True)
class LocalBuilder:
    """Builds below `<cache>/local`, as root, on Debian 12.

    Attributes:
        checkout: the repository's root.
        cache: the cache folder.
        environ: the process's environment.
        jobs: compiles at the same time.
    """

    checkout: Path
    cache: Path
    environ: Mapping[str, str]
    jobs: int

    def build(self, target: Target) -> None:
        """Build one image's folder next to its place and rename it when it is whole.

        Raises:
            EngineError: we are not root.
            ImageError: a step failed.
            DiskError: the disk is full.
        """
        require_root()
        folder = local_folder(self.cache, target.reference)
        partial = folder.with_name(f"{folder.name}.partial")
        shutil.rmtree(partial, ignore_errors=True)
        partial.mkdir(parents=True)
        binds = build_binds(target, partial, self.cache)
        with interruptible(), _mount_points(binds), show_progress(target.reference) as progress:
            for step in build_steps(target, partial, self.cache):
                progress.step(" ".join(step))
                self._run(target, with_binds(binds, step), progress)
        (partial / WHOLE).write_text(f"{target.reference}\n")
        partial.rename(folder)

    def _run(self, target: Target, argv: Step, progress: BuildProgress | BuildBar) -> None:
        log = self.cache / "logs" / f"local-{target.name}-{target.tag}.log"
        log.parent.mkdir(parents=True, exist_ok=True)
        tail = Tail()
        with log.open("ab") as file:

            def record(line: bytes) -> None:
                file.write(line)
                tail.feed(line)
                if count := parse_count(line):
                    progress.count(*count)

            code = run_process(argv, env=self._env(target), cwd=self.checkout, on_output=record)
        if code == 0:
            return
        details = (
            f"command: {' '.join(argv)}\nended with: {describe_exit(code)}\nlog: {log}\n"
            f"{tail.text()}"
        )
        if says_full(tail.text()):
            raise DiskError(f"the disk is full: {target.reference}", details, "free space")
        raise ImageError(f"{target.reference} could not be built", details, f"read {log}")

    def _env(self, target: Target) -> dict[str, str]:
        return {
            **self.environ,
            **dict(target.args),
            "JOBS": str(self.jobs),
            # The machine's packages are its own; that they differ from the lock is worth a line.
            "LOCK": "warn",
            "CCACHE_DIR": str(self.cache / "ccache" / target.name),
            "SOURCE_DATE_EPOCH": str(SOURCE_DATE_EPOCH),
        }


def require_root() -> None:
    """Check that packages may be installed.

    Raises:
        EngineError: we are not root.
    """
    if os.geteuid() != 0:
        raise EngineError(
            "no docker and no root",
            "without docker the toolchain's packages are installed on this machine",
            "start docker, or run once as root",
        )


def with_binds(binds: Mapping[Path, Path], step: Step) -> Step:
    """Return a command that sees the binds, and nobody else does."""
    if not binds:
        return step
    pairs = (f"{source}={target}" for target, source in binds.items())
    return ("unshare", "--mount", "bash", "scripts/with-binds", *pairs, "--", *step)


@contextmanager
def _mount_points(binds: Mapping[Path, Path]) -> Iterator[None]:
    """Make the folders that are bound and bound onto, and remove the latter if they are ours."""
    made = []
    for target, source in binds.items():
        source.mkdir(parents=True, exist_ok=True)
        if not target.is_dir():
            target.mkdir(parents=True)
            made.append(target)
    try:
        yield
    finally:
        for target in reversed(made):
            target.rmdir()
