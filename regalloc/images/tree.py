"""The images as one table, and the tags their content gives them."""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Literal, assert_never

from regalloc.engine.command import ImageRef
from regalloc.errors import ConfigError, ImageError
from regalloc.files import hash_file
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
MaterialName = Literal["source", "stock", "wheels"]

# A script belongs to the first image that runs it: its change must not remake the others.
_SCRIPTS = {
    "base": (
        "clean-image.sh",
        "copy-root.sh",
        "install-packages.sh",
        "settle.sh",
        "write-sbom.sh",
    ),
    "source": ("source-packages.sh", "fetch-source.sh"),
    "wheels": ("install-wheels.sh", "lay-out-tensorflow.sh", "pip-secrets.sh"),
    "llvm": ("prepare-{flavor}.sh", "build-{flavor}.sh", "toolchain-components.sh"),
    "trainer": ("copy-venv.sh", "place-code.sh", "wheel-components.sh"),
    # Whatever the flavour of the compiler beside it, a release is relinked.
    "kit": ("prepare-relink.sh", "build-kit.sh", "build-runtime.sh"),
    "corpus": (
        "build-corpus.sh",
        "configure-corpus.sh",
        "profile-corpus.sh",
        "merge-profile.sh",
        "source-packages.sh",
        "fetch-package.sh",
        "build-package.sh",
        "corpus-compiler.py",
        "corpus-package.py",
        "corpus-objects.py",
        "corpus-components.py",
    ),
    "programs": ("source-packages.sh", "fetch-programs.sh", "program-sources.py"),
    "cluster": ("install-ray.sh",),
}
_LOCKED_WHEELS = "docker/trainer/requirements.txt"
_MODULES = ("__init__", "__main__", "errors", "files", "layout", "releases", "settings")
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
        materials: names of the materials that its build takes from, by arguments of those names.
        on_demand: whether training does not need it, so that a set is whole without it.
        tests: globs of the files of its own tests, which docker/<name>/test/Dockerfile runs
            against it; without any it has none.
        built_with: the image whose task builds this one as well; None if it has its own task.
    """

    name: ImageName | MaterialName
    parent: ImageName | None
    inputs: tuple[str, ...]
    args: tuple[str, ...]
    summary: str
    materials: tuple[MaterialName, ...] = ()
    on_demand: bool = False
    tests: tuple[str, ...] = ()
    built_with: ImageName | None = None

    @property
    def starts_from(self) -> tuple[ImageName, ...]:
        """Return the images beside its parent that its build starts from."""
        return ("base",) if self.materials else ()

    @property
    def task(self) -> str:
        """Return the name of the task that builds it."""
        return f"build-{self.built_with or self.name}"


def _scripts(name: str) -> tuple[str, ...]:
    return tuple(f"docker/scripts/{script}" for script in _SCRIPTS[name])


MATERIALS: tuple[Image, ...] = (
    Image(
        "source",
        "base",
        ("docker/source/**", *_scripts("source")),
        (
            "LLVM_VERSION",
            "LLVM_SOURCE_PACKAGE",
            "LLVM_SOURCE_VERSION",
            "LLVM_SOURCE_FILE",
            "LLVM_SOURCE_SHA256",
            "LLVM_ADVISOR_TESTS",
        ),
        "LLVM's sources",
    ),
    Image(
        "stock",
        "base",
        ("docker/stock/**",),
        ("LLVM_MAJOR",),
        "Debian's LLVM, to be taken apart and compared with",
    ),
    Image(
        "wheels",
        "base",
        (
            "docker/wheels/**",
            "docker/trainer/packages.txt",
            _LOCKED_WHEELS,
            *_scripts("wheels"),
        ),
        (),
        "the locked wheels in a virtual environment",
    ),
)
"""What several images are built of: made once on the machine that builds, and never moved."""

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
        (
            "docker/llvm/Dockerfile",
            "docker/llvm/packages*.txt",
            "docker/llvm/relink/**",
            "docker/llvm/evaluator/**",
            *_scripts("llvm"),
            # Its bill of materials names the wheel that TensorFlow's library is from.
            _LOCKED_WHEELS,
        ),
        (
            "LLVM_MAJOR",
            "LLVM_VERSION",
            "LLVM_SOURCE_SHA256",
            "LLVM_FLAVOR",
            "LLVM_MACRO",
            "LLVM_UNITS",
            "LLVM_OWN_UNITS",
            "LLVM_TARGETS",
        ),
        "clang and tools with the ML register allocation hooks",
        materials=("source", "stock", "wheels"),
        tests=("docker/llvm/test/**",),
    ),
    Image(
        "trainer",
        "llvm",
        (
            "docker/trainer/Dockerfile",
            "docker/trainer/packages.txt",
            *_scripts("trainer"),
            *(f"regalloc/{name}.py" for name in _MODULES),
            *(f"regalloc/{name}/**" for name in ("stages", "compiler", "rl", "report")),
        ),
        (),
        "the stages that trace, train and evaluate",
        materials=("wheels",),
        tests=("docker/trainer/test/**", "docker/llvm/test/lit.cfg.py"),
        built_with="llvm",
    ),
    Image(
        "corpus",
        "llvm",
        ("docker/corpus/**", *_scripts("corpus")),
        (
            "LLVM_MAJOR",
            "LLVM_VERSION",
            "LLVM_SOURCE_PACKAGE",
            "LLVM_SOURCE_VERSION",
            "LLVM_SOURCE_FILE",
            "LLVM_SOURCE_SHA256",
            "CORPUS_KIND",
            "CORPUS_TARGETS",
            "CORPUS_PROJECTS",
            "CORPUS_PACKAGE",
            "CORPUS_PGO",
        ),
        "objects with embedded bitcode",
        materials=("source",),
    ),
    Image(
        "kit",
        "trainer",
        # Of the llvm image's files, which it uses too, the tag is in its own.
        (
            "docker/kit/Dockerfile",
            "docker/kit/packages.txt",
            "docker/kit/*.cpp",
            "docker/kit/*.ninja",
            "docker/kit/include/**",
            "docker/kit/share/**",
            *_scripts("kit"),
        ),
        ("LLVM_MAJOR", "LLVM_VERSION", "LLVM_AOT_MACRO", "LLVM_AOT_UNITS"),
        "what releases are linked of",
        materials=("source", "stock"),
        on_demand=True,
        tests=("docker/kit/test/**", "docker/trainer/test/**", "docker/llvm/test/lit.cfg.py"),
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

TESTED_WITH = ("source", "stock")
"""Materials that an image's own tests take from."""

_TEST_ARGS = ("LLVM_MAJOR", "LLVM_VERSION", "LLVM_ADVISOR_TESTS")


@dataclass(frozen=True)
class ImageTest:
    """An image's own tests.

    Attributes:
        args: build arguments.
        materials: what they take from.
        digest: hash of all that decides what they test, beside the image.
    """

    args: tuple[tuple[str, str], ...]
    materials: tuple[Target, ...]
    digest: str


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
        parent: the image it is built from, None for the root.
        toolchain: the compiler's image, for those that are built on it.
        materials: what its build takes from, each named to it by an argument.
        test: its own tests, if it has any.
    """

    image: Image
    tag: str
    args: tuple[tuple[str, str], ...]
    parent: ImageRef | None
    toolchain: ImageRef | None = None
    materials: tuple[Target, ...] = ()
    test: ImageTest | None = None

    @property
    def name(self) -> ImageName | MaterialName:
        """Return the row's name."""
        return self.image.name

    @property
    def ref(self) -> ImageRef:
        """Return the image's name and tag."""
        return ImageRef(self.image.name, self.tag)

    @property
    def reference(self) -> str:
        """Return the image's repository and tag, as docker writes them."""
        return str(self.ref)


def require_names(names: Iterable[str], targets: Mapping[str, Target]) -> None:
    """Check that images of these names exist.

    Raises:
        ConfigError: one does not.
    """
    for name in names:
        if name not in targets:
            raise ConfigError(f"there is no image {name!r}", "", f"use {', '.join(targets)}")


def material_args(materials: Iterable[Target]) -> dict[str, str]:
    """Return the build arguments that name materials."""
    return {material.name.upper(): material.reference for material in materials}


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
    resolver = _Resolver(checkout, build_args(settings, environ, source), settings.get(Llvm).flavor)
    targets: dict[str, Target] = {}
    for image in TREE:
        if image.name != "corpus" or not isinstance(source, FolderCorpus):
            targets[image.name] = resolver.resolve(image, targets)
    return targets


class _Resolver:
    """Gives images their tags.

    Args:
        checkout: the repository's root.
        values: the values of all build arguments.
        flavor: how the compiler is built.
    """

    def __init__(self, checkout: Path, values: Mapping[str, str], flavor: str) -> None:
        self._checkout = checkout
        self._values = values
        self._flavor = flavor
        self._materials: dict[str, Target] = {}

    def resolve(self, image: Image, targets: Mapping[str, Target]) -> Target:
        """Return an image with its tag; those it is built on are in `targets`."""
        parent = targets[image.parent].ref if image.parent else None
        # A package's build takes nothing from LLVM's sources.
        package = image.name == "corpus" and self._values["CORPUS_KIND"] == "deb"
        materials = () if package else self._all(image.materials, targets)
        args = (*self._args(image.args), *sorted(material_args(materials).items()))
        files = input_files(self._checkout, image, self._flavor)
        version = self._values["LLVM_VERSION"] if image.parent else SUITE
        return Target(
            image,
            f"{version}-{_digest(self._checkout, files, args, parent)}",
            args,
            parent,
            targets["llvm"].ref if "llvm" in targets else None,
            materials,
            self._test(image, targets),
        )

    def _args(self, names: Iterable[str]) -> tuple[tuple[str, str], ...]:
        return tuple((name, self._values[name]) for name in names if self._values[name])

    def _all(self, names: Iterable[str], targets: Mapping[str, Target]) -> tuple[Target, ...]:
        return tuple(self._material(name, targets) for name in names)

    def _material(self, name: str, targets: Mapping[str, Target]) -> Target:
        if name not in self._materials:
            image = next(image for image in MATERIALS if image.name == name)
            self._materials[name] = self.resolve(image, targets)
        return self._materials[name]

    def _test(self, image: Image, targets: Mapping[str, Target]) -> ImageTest | None:
        if not image.tests:
            return None
        materials = self._all(TESTED_WITH, targets)
        args = (*self._args(_TEST_ARGS), *sorted(material_args(materials).items()))
        files = find_files(self._checkout, image.tests)
        return ImageTest(args, materials, _digest(self._checkout, files, args, None))


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
    return find_files(checkout, [glob.replace("{flavor}", flavor) for glob in image.inputs])


def find_files(checkout: Path, globs: Iterable[str]) -> list[Path]:
    """Return the files of some globs in a fixed order, without Python's caches."""
    # `**` alone matches folders only; the files below it are `**/*`.
    every = [f"{glob}/*" if glob.endswith("**") else glob for glob in globs]
    found = {path for glob in every for path in checkout.glob(glob) if path.is_file()}
    kept = (path for path in found if not str(path.relative_to(checkout)).endswith(_CACHES))
    return sorted(
        (path for path in kept if not set(_CACHES) & set(path.relative_to(checkout).parts)),
        key=lambda path: path.relative_to(checkout).as_posix(),
    )


def _digest(
    checkout: Path,
    files: Iterable[Path],
    args: tuple[tuple[str, str], ...],
    parent: ImageRef | None,
) -> str:
    digest = hashlib.sha256()
    for name, value in (("parent", parent or ""), *args):
        digest.update(f"{name}={value}\0".encode())
    for path in files:
        content = hash_file(path)
        digest.update(f"{path.relative_to(checkout).as_posix()}={content}\0".encode())
    return digest.hexdigest()[:12]
