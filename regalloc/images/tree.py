"""The images as one table, and the tags their content gives them."""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Literal, assert_never

from regalloc.errors import ImageError
from regalloc.images.corpus_source import (
    LLVM_CORPUS,
    CorpusSource,
    FolderCorpus,
    corpus_args,
)
from regalloc.images.sources import SUITE
from regalloc.releases import AOT_MACRO, Release, find_release
from regalloc.settings import Corpus, Llvm, Settings

ImageName = Literal["base", "llvm", "trainer", "corpus", "kit", "programs", "cluster", "bench"]

# A script belongs to the first image that runs it: its change must not remake the others.
_SCRIPTS = {
    "base": ("write-sbom.sh",),
    "llvm": (
        "install-packages.sh",
        "clean-image.sh",
        "source-packages.sh",
        "fetch-source.sh",
        "fetch-tensorflow.sh",
        "install-wheels.sh",
        "prepare-{flavor}.sh",
        "build-{flavor}.sh",
        "test-toolchain.sh",
        "toolchain-components.sh",
    ),
    "trainer": ("test-advisor.sh", "wheel-components.sh"),
    # Whatever the flavour of the compiler beside it, a release is relinked.
    "kit": ("prepare-relink.sh", "build-kit.sh", "build-runtime.sh", "test-kit.sh"),
    "corpus": (
        "build-corpus.sh",
        "configure-corpus.sh",
        "profile-corpus.sh",
        "merge-profile.sh",
        "fetch-package.sh",
        "build-package.sh",
        "corpus-compiler.py",
        "corpus-package.py",
        "corpus-objects.py",
        "corpus-components.py",
    ),
    "programs": ("fetch-programs.sh", "program-sources.py"),
    "cluster": ("install-ray.sh",),
}
_SOURCE_ARGS = (
    "LLVM_MAJOR",
    "LLVM_VERSION",
    "LLVM_SOURCE_PACKAGE",
    "LLVM_SOURCE_VERSION",
    "LLVM_SOURCE_FILE",
    "LLVM_SOURCE_SHA256",
    "LLVM_ADVISOR_TESTS",
)
ROOT = "ROOT"
"""The build argument that names the base, for images that are built on another."""
_MODULES = ("__init__", "__main__", "errors", "releases", "settings")
_CACHES = ("__pycache__", ".pyc", ".mypy_cache", ".ruff_cache")


@dataclass(frozen=True)
class Image:
    """One row of the tree.

    Attributes:
        name: the image is `regalloc-<name>`, its Dockerfile `docker/<name>/Dockerfile`.
        parent: the image it is built from, by `ARG BASE`; None for the root.
        inputs: globs, relative to the checkout, of every file its content depends on; `{flavor}`
            stands for the flavour of the compiler.
        args: names of the build arguments its content depends on, those without a value left out.
        summary: one line for labels and help texts.
        starts_from: other images that stages of its build start from.
        on_demand: whether training does not need it, so that a set is whole without it.
        built_with: the image whose task builds this one as well; None if it has its own task.
    """

    name: ImageName
    parent: ImageName | None
    inputs: tuple[str, ...]
    args: tuple[str, ...]
    summary: str
    starts_from: tuple[ImageName, ...] = ()
    on_demand: bool = False
    built_with: ImageName | None = None

    @property
    def task(self) -> str:
        """Return the name of the task that builds it."""
        return f"build-{self.built_with or self.name}"


def _scripts(name: str) -> tuple[str, ...]:
    return tuple(f"docker/scripts/{script}" for script in _SCRIPTS[name])


TREE: tuple[Image, ...] = (
    Image(
        "base",
        None,
        # The lock decides what every image is made of, and the base's tag is in all others'.
        ("docker/base/**", "docker/images.lock", *_scripts("base")),
        ("BASE_IDENTITY",),
        "a minimal Debian 12",
        built_with="llvm",
    ),
    Image(
        "llvm",
        "base",
        # TensorFlow's C library is taken out of the wheel the trainer is locked to.
        ("docker/llvm/**", *_scripts("llvm"), "docker/trainer/requirements.txt"),
        (
            *_SOURCE_ARGS,
            "LLVM_FLAVOR",
            "LLVM_MACRO",
            "LLVM_UNITS",
            "LLVM_OWN_UNITS",
            "LLVM_TARGETS",
        ),
        "clang and tools with the ML register allocation hooks",
    ),
    Image(
        "trainer",
        "llvm",
        (
            "docker/trainer/**",
            *_scripts("trainer"),
            *(f"regalloc/{name}.py" for name in _MODULES),
            *(f"regalloc/{name}/**" for name in ("stages", "compiler", "rl", "report")),
        ),
        _SOURCE_ARGS,
        "the stages that trace, train and evaluate",
        built_with="llvm",
    ),
    Image(
        "corpus",
        "llvm",
        ("docker/corpus/**", *_scripts("corpus")),
        (
            *_SOURCE_ARGS,
            "CORPUS_KIND",
            "CORPUS_TARGETS",
            "CORPUS_PROJECTS",
            "CORPUS_PACKAGE",
            "CORPUS_PGO",
        ),
        "objects with embedded bitcode",
    ),
    Image(
        "kit",
        "trainer",
        # The llvm image's scripts and lists, which it uses too, are in its parent's tag.
        ("docker/kit/**", *_scripts("kit")),
        (*_SOURCE_ARGS, "LLVM_AOT_MACRO", "LLVM_AOT_UNITS", ROOT),
        "what releases are linked of",
        # Named by ROOT.
        starts_from=("base",),
        on_demand=True,
    ),
    Image(
        "programs",
        "trainer",
        (
            "docker/programs/**",
            *_scripts("programs"),
            "configs/programs/**",
            # Only its stage uses them, so their change must not remake the trainer.
            "regalloc/programs/**",
        ),
        (),
        "programs to measure, and what counts their instructions",
        on_demand=True,
    ),
    Image(
        "cluster",
        "trainer",
        (
            "docker/cluster/**",
            *_scripts("cluster"),
            # Only runs on a cluster use them, so their change must not remake the trainer.
            "regalloc/cluster/**",
        ),
        (),
        "the stages with Ray, and the nodes of a cluster that compile for them",
        on_demand=True,
    ),
    Image(
        "bench",
        "trainer",
        # Only its stage uses it, so its change must not remake the trainer.
        ("docker/bench/**", "regalloc/bench/**"),
        (),
        "what measures upstream's way of training and ours",
        on_demand=True,
    ),
)


def build_tasks() -> dict[str, tuple[Image, ...]]:
    """Return the images that each task builds, by the task's name."""
    names = dict.fromkeys(image.task for image in TREE)
    return {name: tuple(image for image in TREE if image.task == name) for name in names}


@dataclass(frozen=True)
class Target:
    """An image with everything that decides its content.

    Attributes:
        image: the row of the tree.
        tag: LLVM's version, Debian's for the base, and a hash of the content.
        args: build arguments.
        parent: reference of the parent, None for the root.
        toolchain: reference of the compiler's image, for those that are built on it.
    """

    image: Image
    tag: str
    args: tuple[tuple[str, str], ...]
    parent: str | None
    toolchain: str | None = None

    @property
    def name(self) -> ImageName:
        """Return the row's name."""
        return self.image.name

    @property
    def reference(self) -> str:
        """Return the image's repository and tag."""
        return f"regalloc-{self.image.name}:{self.tag}"


def resolve_targets(
    checkout: Path,
    settings: Settings,
    environ: Mapping[str, str],
    source: CorpusSource = LLVM_CORPUS,
) -> dict[str, Target]:
    """Return every image of the tree with its tag, parents first.

    A corpus that is a folder has no image.

    Raises:
        ImageError: an image's Dockerfile is missing.
    """
    values = build_args(settings, environ, source)
    flavor = settings.get(Llvm).flavor
    targets: dict[str, Target] = {}
    for image in TREE:
        if image.name == "corpus" and isinstance(source, FolderCorpus):
            continue
        parent = targets[image.parent].reference if image.parent else None
        values[ROOT] = targets[TREE[0].name].reference if targets else ""
        args = tuple((name, values[name]) for name in image.args if values[name])
        files = input_files(checkout, image, flavor)
        version = values["LLVM_VERSION"] if image.parent else SUITE
        tag = f"{version}-{_digest(checkout, files, args, parent)}"
        toolchain = targets["llvm"].reference if "llvm" in targets else None
        targets[image.name] = Target(image, tag, args, parent, toolchain)
    return targets


def build_args(
    settings: Settings, environ: Mapping[str, str], source: CorpusSource = LLVM_CORPUS
) -> dict[str, str]:
    """Return the values of all build arguments, empty where one does not apply.

    The base goes by what was asked for and not by how it was come by, so that two checkouts on
    two machines agree; the image's label says the rest.

    Raises:
        ConfigError: the LLVM release is unknown.
    """
    return {
        "BASE_IDENTITY": environ.get("BASE_IMAGE") or "debian-12",
        **_llvm_args(settings.get(Llvm)),
        **corpus_args(source, settings.get(Corpus)),
    }


def _llvm_args(llvm: Llvm) -> dict[str, str]:
    release = find_release(llvm.major)
    return {
        "LLVM_FLAVOR": llvm.flavor,
        "LLVM_MAJOR": str(release.major),
        "LLVM_VERSION": release.version,
        "LLVM_SOURCE_PACKAGE": release.source_package,
        "LLVM_SOURCE_VERSION": release.source_version,
        "LLVM_SOURCE_FILE": release.source_file,
        "LLVM_SOURCE_SHA256": release.source_sha256,
        "LLVM_ADVISOR_TESTS": release.advisor_tests,
        "LLVM_AOT_MACRO": AOT_MACRO,
        "LLVM_AOT_UNITS": " ".join(release.aot_units),
        **dict.fromkeys(("LLVM_MACRO", "LLVM_UNITS", "LLVM_OWN_UNITS", "LLVM_TARGETS"), ""),
        **_flavor_args(llvm, release),
    }


def _flavor_args(llvm: Llvm, release: Release) -> dict[str, str]:
    """Return the values of the build arguments that one flavour has."""
    match llvm.flavor:
        case "relink":
            return {
                "LLVM_MACRO": release.macro,
                "LLVM_UNITS": " ".join(release.units),
                "LLVM_OWN_UNITS": " ".join(release.own_units),
            }
        case "source":
            return {"LLVM_TARGETS": ";".join(llvm.targets)}
        case _:
            assert_never(llvm.flavor)


def input_files(checkout: Path, image: Image, flavor: str) -> list[Path]:
    """Return the files an image is made of, in a fixed order, without Python's caches.

    Raises:
        ImageError: the image's Dockerfile is missing.
    """
    if not (checkout / "docker" / image.name / "Dockerfile").is_file():
        raise ImageError(
            f"docker/{image.name}/Dockerfile is missing", "", "restore it: git checkout docker"
        )
    # `**` alone matches folders only; the files below it are `**/*`.
    inputs = [glob.replace("{flavor}", flavor) for glob in image.inputs]
    globs = [f"{glob}/*" if glob.endswith("**") else glob for glob in inputs]
    found = {path for glob in globs for path in checkout.glob(glob) if path.is_file()}
    kept = (path for path in found if not str(path.relative_to(checkout)).endswith(_CACHES))
    return sorted(
        (path for path in kept if not set(_CACHES) & set(path.relative_to(checkout).parts)),
        key=lambda path: path.relative_to(checkout).as_posix(),
    )


def _digest(
    checkout: Path, files: Iterable[Path], args: tuple[tuple[str, str], ...], parent: str | None
) -> str:
    digest = hashlib.sha256()
    for name, value in (("parent", parent or ""), *args):
        digest.update(f"{name}={value}\0".encode())
    for path in files:
        content = hashlib.sha256(path.read_bytes()).hexdigest()
        digest.update(f"{path.relative_to(checkout).as_posix()}={content}\0".encode())
    return digest.hexdigest()[:12]
