"""The tests that need TensorFlow, in a container of the trainer image.

usage: python -m tests.trainer [FLAG...]

As a program it tests the checkout's code in an image that exists, and builds none.  Flags go to
pytest.
"""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from regalloc.commands.machine import cache_folder
from regalloc.engine.docker import connect
from regalloc.engine.store import ImageStore
from regalloc.errors import EngineError, ImageError, RegallocError
from regalloc.images.tags import Target, resolve_targets
from regalloc.profiles import load_profile
from regalloc.terminal.messages import print_error, say
from tests.engines import CHECKOUT

EMULATOR = "qemu-x86_64-static"
PYTEST = ("-m", "pytest", "-q", "-p", "no:cacheprovider")
ALL = ("tests/rl",)


@dataclass(frozen=True)
class Code:
    """Whose code is tested.

    Attributes:
        mounts: where in the container each path of the checkout is mounted.
        environ: environment of the tests.
    """

    mounts: Mapping[str, str]
    environ: Mapping[str, str]


_TESTS = {"tests": "/src/tests", "pyproject.toml": "/src/pyproject.toml"}
THE_IMAGES = Code(
    # The trainer lacks the benchmark's code, which is compared with its own.
    {**_TESTS, "regalloc/bench": "/opt/regalloc/regalloc/bench"},
    {"HOME": "/tmp"},
)
THE_CHECKOUTS = Code(
    {**_TESTS, "regalloc": "/src/regalloc", "configs": "/src/configs"},
    {"HOME": "/tmp", "PYTHONPATH": "/src"},
)


@dataclass(frozen=True)
class Trainer:
    """A trainer image that exists.

    Attributes:
        reference: its repository and tag.
        fits: whether its compiler is the checkout's.
        built: when this checkout built it, in seconds since 1970; 0 when another one did.
    """

    reference: str
    fits: bool
    built: float


def container_argv(
    image: str,
    code: Code,
    flags: Sequence[str] = (),
    *,
    paths: Sequence[str] = ALL,
    terminal: bool = False,
) -> list[str]:
    """Return the command line of the tests in a container without network.

    Args:
        image: reference of the trainer image.
        code: whose code is tested.
        flags: further flags of pytest.
        paths: the tests.
        terminal: whether the container gets our terminal.
    """
    mounts = {str(CHECKOUT / path): place for path, place in code.mounts.items()}
    # Other processors are emulated where this machine can do it.
    if emulator := shutil.which(EMULATOR):
        mounts[emulator] = f"/usr/local/bin/{EMULATOR}"
    return [
        "docker", "run", "--rm", "--init", "--network=none", "--workdir=/src",
        *(("--interactive", "--tty") if terminal else ()),
        *(f"--env={name}={value}" for name, value in code.environ.items()),
        *(f"--volume={source}:{place}:ro" for source, place in mounts.items()),
        "--entrypoint=/opt/venv/bin/python", image, *PYTEST, *paths, *flags,
    ]  # fmt: skip


def find_trainers(
    references: Iterable[str], wanted: Mapping[str, Target], store: ImageStore, cache: Path
) -> Iterator[Trainer]:
    """Yield the trainer images of the same release of LLVM as the checkout's.

    Args:
        references: images of the engine.
        wanted: the checkout's images.
        store: where the images are.
        cache: the checkout's, with the logs of its builds.
    """
    compiler = store.look_up(wanted["llvm"].reference)
    base = compiler.layers if compiler else None
    release = _release(wanted["trainer"].reference)
    # A build at work has an image whose name ends in `-raw`, which is of no release.
    for reference in (name for name in references if _release(name) == release):
        image = store.look_up(reference)
        if image is not None:
            fits = base is not None and image.layers[: len(base)] == base
            yield Trainer(reference, fits, _built(cache, reference))


def _release(reference: str) -> str:
    return reference.rpartition("-")[0]


def _built(cache: Path, reference: str) -> float:
    """Return when a build wrote its log: an image itself keeps no time."""
    name = reference.removeprefix("regalloc-").replace(":", "-")
    log = cache / "logs" / f"{name}.log"
    return log.stat().st_mtime if log.is_file() else 0.0


def choose_trainer(trainers: Iterable[Trainer], wanted: str) -> str:
    """Return the reference of the image to test in, the wanted one if it exists.

    Raises:
        ImageError: there is no image.
    """
    found = {trainer.reference: trainer for trainer in trainers}
    if not found:
        raise ImageError("there is no trainer image to test in", wanted, "invoke build-llvm")
    if wanted in found:
        return wanted
    return max(found.values(), key=lambda one: (one.fits, one.built, one.reference)).reference


def describe_choice(chosen: str, wanted: str) -> str:
    """Return which image the tests run in, with a warning where it is not the checkout's."""
    if chosen == wanted:
        return f"tests/rl of the checkout in {chosen}"
    return (
        f"tests/rl of the checkout in {chosen}, because {wanted} does not exist: "
        "its compiler and packages may be older than the checkout's (invoke build-llvm)"
    )


def find_image() -> str:
    """Return the reference of the image to test the checkout in, and say which it is.

    Raises:
        EngineError: no docker engine answers.
        ImageError: there is no trainer image.
    """
    engine = connect()
    if engine is None:
        raise EngineError("no docker engine answers", "", "start it, or set DOCKER_HOST")
    references = engine.images.list_names("regalloc-trainer:")
    wanted = resolve_targets(CHECKOUT, load_profile("quick"), os.environ)
    trainers = find_trainers(references, wanted, engine.images, cache_folder(os.environ))
    chosen = choose_trainer(trainers, wanted["trainer"].reference)
    say(describe_choice(chosen, wanted["trainer"].reference))
    return chosen


def main(flags: Sequence[str]) -> int:
    """Test the checkout's code and return pytest's exit code."""
    try:
        image = find_image()
    except RegallocError as error:
        print_error(error)
        return error.exit_code
    terminal = sys.stdin.isatty() and sys.stdout.isatty()
    return subprocess.call(container_argv(image, THE_CHECKOUTS, flags, terminal=terminal))


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
