"""The commands that make an image without docker, and the canonical paths that they see."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import assert_never, cast

from regalloc.engine.command import ImageRef
from regalloc.engine.local import local_folder
from regalloc.images.corpus_source import CorpusKind
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
