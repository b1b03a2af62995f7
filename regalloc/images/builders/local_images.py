"""Builds what stands for the images where no docker engine answers.

The same scripts run as in the Dockerfiles and see the same canonical paths, bound in a mount
namespace of their own, so that paths inside the results are docker's.
"""

from __future__ import annotations

import os
import shutil
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, replace
from pathlib import Path
from typing import assert_never, cast

from regalloc.engine.command import ImageRef
from regalloc.engine.local import WHOLE, local_folder
from regalloc.engine.outcome import Tail, describe_failure
from regalloc.engine.process import run_process
from regalloc.engine.refusals import says_full
from regalloc.engine.signals import interruptible
from regalloc.errors import DiskError, EngineError, ImageError
from regalloc.images.builders.build_progress import (
    BuildBar,
    BuildProgress,
    parse_count,
    show_progress,
)
from regalloc.images.builders.root_filesystem import SOURCE_DATE_EPOCH
from regalloc.images.corpus_source import CorpusKind
from regalloc.images.finding import Finding
from regalloc.images.side_by_side import one_by_one
from regalloc.images.tags import Target
from regalloc.releases import Flavor

SOURCE = Path("/llvm-project")
TENSORFLOW = Path("/opt/tensorflow")
PREFIX = Path("/opt/llvm")
OBJECTS = Path("/llvm_corpus")
VENV = Path("/opt/venv")
PACKAGE = Path("/package")
KIT = Path("/opt/kit")
PYTHON = "/usr/bin/python3.11"
_SCRIPTS = "docker/scripts"
_LOCK = "docker/trainer/requirements.txt"
Step = tuple[str, ...]


def install(*lists: str) -> Step:
    """Return the command that installs the Debian packages of some lists."""
    paths = (f"docker/{name}.txt" for name in lists)
    return ("bash", "docker/scripts/install-packages.sh", *paths)


def build_steps(target: Target, folder: Path, cache: Path) -> tuple[Step, ...]:
    """Return the commands that make an image's content, relative to the checkout."""
    args = dict(target.args)
    match target.name:
        case "source":
            return (
                install("source/packages"),
                ("bash", f"{_SCRIPTS}/fetch-source.sh", str(SOURCE)),
            )
        case "stock":
            return (install("stock/packages", f"stock/packages-{args['LLVM_MAJOR']}"),)
        case "wheels":
            return _wheels_steps(folder)
        case "llvm":
            return (install("llvm/packages-run"), *_flavor_steps(_flavor_of(target)))
        case "corpus":
            return _corpus_steps(args)
        case "trainer":
            wheels = material_folder(target, "wheels", cache)
            return (("ln", "-sfn", f"../{wheels.name}/venv", str(folder / "venv")),)
        case "kit":
            return _kit_steps(_below(cache, target.parent))
        case "programs":
            return _programs_steps(folder)
        case "cluster":
            return _cluster_steps(folder / "venv", target, cache)
        case "base" | "bench":
            # The base is the machine itself; the checkout holds all that is in bench.
            return ()
        case _:
            assert_never(target.name)


def steps_of_tests(target: Target, cache: Path) -> tuple[Step, ...]:
    """Return the commands that test an image, relative to the checkout."""
    script = f"docker/{target.name}/test"
    given = (str(SOURCE), str(PREFIX))
    match target.name:
        case "llvm":
            return (("bash", f"{script}/test-toolchain.sh", *given),)
        case "trainer":
            python = local_folder(cache, target.ref) / "venv" / "bin" / "python"
            return (("env", f"PYTHON={python}", "bash", f"{script}/test-advisor.sh", *given),)
        case "kit":
            python = _below(cache, target.parent) / "venv" / "bin" / "python"
            return (("env", f"PYTHON={python}", "bash", f"{script}/test-kit.sh", *given),)
        case _:
            return ()


def _below(cache: Path, image: ImageRef | None) -> Path:
    """Return the folder of an image that another is built on."""
    assert image is not None, "the tree names it"
    return local_folder(cache, image)


def _flavor_of(target: Target) -> Flavor:
    return cast("Flavor", dict(target.args)["LLVM_FLAVOR"])


def _flavor_steps(flavor: Flavor) -> tuple[Step, ...]:
    """Return the commands that make the toolchain itself."""
    given = (str(SOURCE), str(TENSORFLOW))
    match flavor:
        case "relink":
            return (("bash", f"{_SCRIPTS}/build-relink.sh", *given, str(PREFIX)),)
        case "source":
            return (
                install("llvm/packages-compile"),
                ("bash", f"{_SCRIPTS}/build-source.sh", *given, str(VENV), str(PREFIX)),
            )
        case _:
            assert_never(flavor)


def _wheels_steps(folder: Path) -> tuple[Step, ...]:
    venv = str(folder / "venv")
    return (
        install("trainer/packages", "wheels/packages"),
        ("bash", f"{_SCRIPTS}/install-wheels.sh", PYTHON, _LOCK, venv),
        ("bash", f"{_SCRIPTS}/lay-out-tensorflow.sh", venv, str(folder / "tensorflow")),
    )


def _corpus_steps(args: Mapping[str, str]) -> tuple[Step, ...]:
    prefix, objects = str(PREFIX), str(OBJECTS)
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
                ("bash", f"{_SCRIPTS}/fetch-package.sh", args["CORPUS_PACKAGE"], package),
                ("bash", f"{_SCRIPTS}/build-package.sh", package, prefix, objects),
            )
        case "llvm":
            return (
                install("corpus/packages-llvm", *profile),
                ("bash", f"{_SCRIPTS}/build-corpus.sh", str(SOURCE), prefix, objects),
            )
        case _:
            assert_never(kind)


def _cluster_steps(venv: Path, target: Target, cache: Path) -> tuple[Step, ...]:
    # A folder does not hold its parent's as an image does: the trainer's wheels, and Ray's.
    wheels = _below(cache, target.parent) / "venv"
    libraries = _below(cache, target.toolchain) / "opt" / "llvm" / "lib" / "tensorflow"
    return (
        ("bash", f"{_SCRIPTS}/copy-venv.sh", f"{wheels}/", str(venv), str(libraries)),
        ("bash", f"{_SCRIPTS}/install-ray.sh", str(venv), "docker/cluster/requirements.txt"),
    )


def _kit_steps(trainer: Path) -> tuple[Step, ...]:
    python = str(trainer / "venv" / "bin" / "python")
    return (
        install("kit/packages"),
        ("bash", f"{_SCRIPTS}/build-kit.sh", str(SOURCE), str(KIT)),
        ("bash", f"{_SCRIPTS}/build-runtime.sh", python, str(PREFIX), str(KIT)),
    )


def _programs_steps(folder: Path) -> tuple[Step, ...]:
    definitions, place = "configs/programs", folder / "opt" / "programs"
    return (
        install("programs/packages-fetch", "programs/packages"),
        ("bash", f"{_SCRIPTS}/fetch-programs.sh", definitions, str(place / "tarballs")),
        ("cp", "-r", definitions, str(place / "definitions")),
    )


def material_folder(target: Target, name: str, cache: Path) -> Path:
    """Return the folder of a material that an image is built of."""
    (material,) = (material for material in target.materials if material.name == name)
    return local_folder(cache, material.ref)


def build_binds(target: Target, folder: Path, cache: Path) -> dict[Path, Path]:
    """Return canonical path to the folder of ours that is seen there."""
    seen: dict[Path, Path] = {}
    for material in target.materials:
        seen |= _lent(material, cache)
    if target.name in ("corpus", "kit"):
        llvm = _below(cache, target.toolchain)
        seen[PREFIX] = llvm / PREFIX.relative_to("/")
    return seen | {path: folder / path.relative_to("/") for path in _made_at(target)}


def binds_of_tests(target: Target, cache: Path) -> dict[Path, Path]:
    """Return canonical path to the folder of ours that an image's tests see there."""
    seen: dict[Path, Path] = {}
    for material in target.test.materials if target.test else ():
        seen |= _lent(material, cache)
    toolchain = target.ref if target.name == "llvm" else target.toolchain
    seen[PREFIX] = _below(cache, toolchain) / PREFIX.relative_to("/")
    if target.name == "kit":
        seen[KIT] = local_folder(cache, target.ref) / KIT.relative_to("/")
    return seen


def _lent(material: Target, cache: Path) -> dict[Path, Path]:
    """Return where a material's content is seen, and where it lies."""
    folder = local_folder(cache, material.ref)
    match material.name:
        case "source":
            return {SOURCE: folder / SOURCE.relative_to("/")}
        case "wheels":
            return {VENV: folder / "venv", TENSORFLOW: folder / "tensorflow"}
        case _:
            # Debian's LLVM is installed on the machine.
            return {}


def _made_at(target: Target) -> tuple[Path, ...]:
    """Return the canonical paths that a build writes to."""
    match target.name:
        case "source":
            return (SOURCE,)
        case "llvm":
            return (PREFIX,)
        case "corpus":
            package = (PACKAGE,) if dict(target.args)["CORPUS_KIND"] == "deb" else ()
            return (OBJECTS, *package)
        case "kit":
            return (KIT,)
        case "base" | "stock" | "wheels" | "trainer" | "programs" | "cluster" | "bench":
            return ()
        case _:
            assert_never(target.name)


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

    def build_all(self, targets: Sequence[Target]) -> dict[str, float]:
        """Build images, parents first, and return how long each took, in seconds, by its name.

        Raises:
            EngineError: we are not root.
            ImageError: a step failed.
            DiskError: the disk is full.
        """
        # Each installs packages of its own, and only one may at a time.
        return one_by_one(self.build, targets)

    def build(self, target: Target) -> None:
        """Build one image's folder next to its place and rename it when it is whole.

        Raises:
            EngineError: we are not root.
            ImageError: a step failed.
            DiskError: the disk is full.
        """
        require_root()
        self._build_materials(target.materials)
        folder = local_folder(self.cache, target.ref)
        partial = folder.with_name(f"{folder.name}.partial")
        shutil.rmtree(partial, ignore_errors=True)
        partial.mkdir(parents=True)
        steps = build_steps(target, partial, self.cache)
        self._take_steps(target, steps, build_binds(target, partial, self.cache))
        (partial / WHOLE).write_text(f"{target.reference}\n")
        partial.rename(folder)

    def test(self, target: Target) -> None:
        """Run an image's own tests; nothing when it has none.

        Raises:
            EngineError: we are not root.
            ImageError: a test failed.
            DiskError: the disk is full.
        """
        if target.test is None:
            return
        require_root()
        self._build_materials(target.test.materials)
        tested = replace(target, args=(*target.args, *target.test.args))
        self._take_steps(
            tested, steps_of_tests(target, self.cache), binds_of_tests(target, self.cache)
        )

    def _build_materials(self, materials: tuple[Target, ...]) -> None:
        for material in materials:
            if not (local_folder(self.cache, material.ref) / WHOLE).is_file():
                self.build(material)

    def _take_steps(
        self, target: Target, steps: tuple[Step, ...], binds: Mapping[Path, Path]
    ) -> None:
        with interruptible(), _mount_points(binds), show_progress(target.reference) as progress:
            for step in steps:
                progress.step(" ".join(step))
                self._run(target, with_binds(binds, step), progress)

    def again(self, cache: Path) -> LocalBuilder:
        """Return a builder that takes nothing from earlier builds, with a cache of its own."""
        return replace(self, cache=cache)

    def examine(self) -> tuple[Finding, ...]:
        """Look at what a build needs of this machine."""
        if os.geteuid() == 0:
            return (Finding("root", "yes, packages can be installed"),)
        return (Finding("root", "no", "run `make build-llvm build-corpus` once as root"),)

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
        details = describe_failure(argv, code, tail.text(), log)
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
