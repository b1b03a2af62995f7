"""The images as one table, and the tags their content gives them."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from regalloc.errors import ImageError
from regalloc.settings import Corpus, Settings

LLVM_VERSION = "19.1.7"
# A script belongs to the first image that runs it: its change must not remake the others.
_SCRIPTS = {
    "llvm": (
        "install-packages.sh",
        "clean-image.sh",
        "fetch-source.sh",
        "fetch-tensorflow.sh",
        "relink.sh",
        "test-toolchain.sh",
    ),
    "trainer": ("install-wheels.sh", "test-advisor.sh"),
    "corpus": ("build-corpus.sh", "corpus-objects.py"),
}
_CACHES = ("__pycache__", ".pyc", ".mypy_cache", ".ruff_cache")


@dataclass(frozen=True)
class Image:
    """One row of the tree.

    Attributes:
        name: the image is `regalloc-<name>`, its Dockerfile `docker/<name>/Dockerfile`.
        parent: the image it is built from, by `ARG BASE`; None for the root.
        inputs: globs, relative to the checkout, of every file its content depends on.
        args: names of the build arguments its content depends on.
        summary: one line for labels and help texts.
    """

    name: str
    parent: str | None
    inputs: tuple[str, ...]
    args: tuple[str, ...]
    summary: str


def _scripts(name: str) -> tuple[str, ...]:
    return tuple(f"docker/scripts/{script}" for script in _SCRIPTS[name])


TREE: tuple[Image, ...] = (
    Image("base", None, ("docker/base/**",), ("BASE_IDENTITY",), "a minimal Debian 12"),
    Image(
        "llvm",
        "base",
        # TensorFlow's C library is taken out of the wheel the trainer is locked to.
        ("docker/llvm/**", *_scripts("llvm"), "docker/trainer/requirements.txt"),
        (),
        "clang and tools with the ML register allocation hooks",
    ),
    Image(
        "trainer",
        "llvm",
        (
            "docker/trainer/**",
            *_scripts("trainer"),
            *(f"regalloc/{name}.py" for name in ("__init__", "__main__", "errors", "settings")),
            *(f"regalloc/{name}/**" for name in ("stages", "compiler", "rl", "report")),
        ),
        (),
        "the stages that trace, train and evaluate",
    ),
    Image(
        "corpus",
        "llvm",
        ("docker/corpus/**", *_scripts("corpus")),
        ("CORPUS_TARGETS", "CORPUS_PROJECTS"),
        "LLVM's own objects with embedded bitcode",
    ),
)


@dataclass(frozen=True)
class Target:
    """An image with everything that decides its content.

    Attributes:
        image: the row of the tree.
        tag: LLVM's version and a hash of the content.
        args: build arguments.
        parent: reference of the parent, None for the root.
    """

    image: Image
    tag: str
    args: tuple[tuple[str, str], ...]
    parent: str | None

    @property
    def name(self) -> str:
        """Return the row's name."""
        return self.image.name

    @property
    def reference(self) -> str:
        """Return the image's repository and tag."""
        return f"regalloc-{self.image.name}:{self.tag}"


def resolve_targets(
    checkout: Path, settings: Settings, environ: Mapping[str, str]
) -> dict[str, Target]:
    """Return every image of the tree with its tag, parents first.

    Raises:
        ImageError: an image's Dockerfile is missing.
    """
    values = build_args(settings, environ)
    targets: dict[str, Target] = {}
    for image in TREE:
        parent = targets[image.parent].reference if image.parent else None
        args = tuple((name, values[name]) for name in image.args)
        tag = f"{LLVM_VERSION}-{_digest(checkout, image, args, parent)}"
        targets[image.name] = Target(image, tag, args, parent)
    return targets


def build_args(settings: Settings, environ: Mapping[str, str]) -> dict[str, str]:
    """Return the values of all build arguments.

    The base goes by what was asked for and not by how it was come by, so that two checkouts on
    two machines agree; the image's label says the rest.
    """
    corpus = settings.get(Corpus)
    return {
        "BASE_IDENTITY": environ.get("BASE_IMAGE") or "debian-12",
        "CORPUS_TARGETS": ";".join(corpus.targets),
        "CORPUS_PROJECTS": ";".join(corpus.projects),
    }


def input_files(checkout: Path, image: Image) -> list[Path]:
    """Return the files an image is made of, in a fixed order, without Python's caches.

    Raises:
        ImageError: the image's Dockerfile is missing.
    """
    if not (checkout / "docker" / image.name / "Dockerfile").is_file():
        raise ImageError(
            f"docker/{image.name}/Dockerfile is missing", "", "restore it: git checkout docker"
        )
    # `**` alone matches folders only; the files below it are `**/*`.
    globs = [f"{glob}/*" if glob.endswith("**") else glob for glob in image.inputs]
    found = {path for glob in globs for path in checkout.glob(glob) if path.is_file()}
    kept = (path for path in found if not str(path.relative_to(checkout)).endswith(_CACHES))
    return sorted(
        (path for path in kept if not set(_CACHES) & set(path.relative_to(checkout).parts)),
        key=lambda path: path.relative_to(checkout).as_posix(),
    )


def _digest(
    checkout: Path, image: Image, args: tuple[tuple[str, str], ...], parent: str | None
) -> str:
    digest = hashlib.sha256()
    for name, value in (("parent", parent or ""), *args):
        digest.update(f"{name}={value}\0".encode())
    for path in input_files(checkout, image):
        content = hashlib.sha256(path.read_bytes()).hexdigest()
        digest.update(f"{path.relative_to(checkout).as_posix()}={content}\0".encode())
    return digest.hexdigest()[:12]
