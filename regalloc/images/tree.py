"""The images as one table."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

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
    "llvm": (
        "prepare-{flavor}.sh",
        "build-{flavor}.sh",
        "install-profile-runtime.sh",
        "toolchain-components.sh",
    ),
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
        "offline.py",
        "corpus-compiler.py",
        "corpus-package.py",
        "corpus-objects.py",
        "corpus-components.py",
    ),
    "programs": ("source-packages.sh", "fetch-programs.sh", "program-sources.py"),
    "cluster": ("install-ray.sh",),
}
_LOCKED_WHEELS = "docker/trainer/requirements.txt"
_MODULES = (
    "__init__",
    "__main__",
    "errors",
    "files",
    "layout",
    "profiles",
    "releases",
    "settings",
    "text",
)


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
            "docker/llvm/profile/**",
            "docker/llvm/search/**",
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
            *(f"regalloc/{name}/**" for name in ("stages", "compiler", "formats", "rl", "report")),
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
            "docker/kit/*.S",
            "docker/kit/*.ninja",
            "docker/kit/include/**",
            "docker/kit/share/**",
            *_scripts("kit"),
        ),
        ("LLVM_MAJOR", "LLVM_VERSION", "LLVM_AOT_MACRO", "LLVM_AOT_UNITS", "LLVM_AOT_OWN_UNITS"),
        "what releases are linked of",
        materials=("source", "stock"),
        on_demand=True,
        tests=(
            "docker/kit/test/**",
            "docker/trainer/test/**",
            "docker/llvm/test/test-profile.sh",
            "docker/llvm/test/lit.cfg.py",
        ),
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


def build_tasks() -> dict[str, tuple[Image, ...]]:
    """Return the images that each task builds, by the task's name."""
    names = dict.fromkeys(image.task for image in TREE)
    return {name: tuple(image for image in TREE if image.task == name) for name in names}
