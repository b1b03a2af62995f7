"""What decides an image's content, and the tag that it gives the image."""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import assert_never

from regalloc.engine.command import ImageRef
from regalloc.errors import ConfigError, ImageError
from regalloc.files import hash_file
from regalloc.images.corpus_source import (
    LLVM_CORPUS,
    CorpusSource,
    DebCorpus,
    LlvmCorpus,
    corpus_args,
)
from regalloc.images.package_sources import SUITE
from regalloc.images.tree import MATERIALS, TESTED_WITH, TREE, Image, ImageName, MaterialName
from regalloc.releases import AOT_MACRO, Release, find_release
from regalloc.settings import Corpus, Llvm, Settings

_CACHES = ("__pycache__", ".pyc", ".mypy_cache", ".ruff_cache")
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
    source: CorpusSource | None = LLVM_CORPUS,
) -> dict[str, Target]:
    """Return every image of the tree with its tag, parents first.

    A corpus that is a folder has no image, nor has one of programs alone, which has no source.

    Raises:
        ImageError: an image's Dockerfile is missing.
    """
    resolver = _Resolver(checkout, build_args(settings, environ, source), settings.get(Llvm).flavor)
    targets: dict[str, Target] = {}
    for image in TREE:
        if image.name != "corpus" or isinstance(source, LlvmCorpus | DebCorpus):
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
    settings: Settings, environ: Mapping[str, str], source: CorpusSource | None = LLVM_CORPUS
) -> dict[str, str]:
    """Return the values of all build arguments, empty where one does not apply.

    The base goes by what was asked for and not by how it was come by, so that two checkouts on
    two machines agree; the image's label says the rest.

    Raises:
        ConfigError: the LLVM release is unknown.
    """
    corpus = corpus_args(source, settings.get(Corpus))
    llvm = settings.get(Llvm)
    release = find_release(llvm.major)
    return {
        "BASE_IDENTITY": environ.get("BASE_IMAGE") or "debian-12",
        **_llvm_args(llvm, release),
        **_flavor_args(llvm, release),
        **corpus,
    }


def _llvm_args(llvm: Llvm, release: Release) -> dict[str, str]:
    """Return the values of the build arguments that both flavours have, the others empty."""
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
        "LLVM_AOT_OWN_UNITS": " ".join(release.aot_own_units),
        **dict.fromkeys(("LLVM_MACRO", "LLVM_UNITS", "LLVM_OWN_UNITS", "LLVM_TARGETS"), ""),
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
