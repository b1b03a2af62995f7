"""Builds images with BuildKit."""

from __future__ import annotations

import re
import shutil
import threading
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from tempfile import TemporaryDirectory

import regalloc
from regalloc.engine.outcome import Tail, describe_failure
from regalloc.engine.process import run_process
from regalloc.engine.refusals import says_full
from regalloc.engine.signals import interruptible
from regalloc.engine.store import ImageStore
from regalloc.errors import DiskError, ImageError
from regalloc.files import write_whole
from regalloc.images.builders.build_progress import parse_count, show_progress
from regalloc.images.builders.docker_client import (
    Client,
    build_secrets,
    find_buildkit,
    find_client,
    pip_config_files,
)
from regalloc.images.builders.normalise import normalise, raw_name
from regalloc.images.builders.root_filesystem import (
    SOURCE_DATE_EPOCH,
    Base,
    find_base,
    prepare_base,
    root_digest,
)
from regalloc.images.finding import Finding
from regalloc.images.lock import check_base, locked_base
from regalloc.images.package_sources import debian_sources
from regalloc.images.side_by_side import side_by_side, waves
from regalloc.images.tags import ImageTest, Target

BASE_SCRIPTS = tuple(
    f"docker/scripts/{name}.sh" for name in ("clean-image", "copy-root", "settle", "write-sbom")
)
"""What the base's build runs."""

_SOURCES = threading.Lock()
"""Held by the one build that writes apt's sources."""

_STEP = re.compile(r"^#\d+ (\[.*)$")
# Cache mounts say nothing about what a step does.
_MOUNT = re.compile(r"--mount=\S+")
# Cache mounts outlive --no-cache, and with them compiled objects.
_AFRESH = ("--no-cache", "--build-arg=CCACHE_DISABLE=1")
_OLD_DAEMON = "buildkit not supported by daemon"


@dataclass(frozen=True)
class DockerBuilder:
    """Builds images on a docker engine.

    Attributes:
        checkout: the repository's root, the build context.
        cache: folder for logs and the bootstrapped base.
        environ: the process's environment.
        store: where the images come to be.
        no_cache: whether every step is run again, even one whose result is known.
    """

    checkout: Path
    cache: Path
    environ: Mapping[str, str]
    store: ImageStore
    no_cache: bool = False

    def build_all(self, targets: Sequence[Target]) -> dict[str, float]:
        """Build images, those that do not depend on each other side by side.

        Args:
            targets: the images, parents first; what else they are built on exists.

        Returns:
            How long each took, in seconds, by its name.

        Raises:
            RegallocError: as for one image; the others are given up.
        """
        times: dict[str, float] = {}
        with interruptible():
            for wave in waves(targets):
                # Two images of a wave may need the same material: it is made before either.
                self._build_materials(tuple(m for target in wave for m in target.materials))
                times |= side_by_side(self.build, wave)
        return times

    def build(self, target: Target) -> None:
        """Build one image; its parent must exist, and the base where it needs materials.

        Materials that are not here are made first, side by side.

        Raises:
            ImageError: there is no client to build with, or the build failed.
            DiskError: the disk is full.
            StoppedError: the build was asked to stop; the client is gone.
        """
        with interruptible():
            self._build_materials(target.materials)
            base = self._base(target)
            labels = image_labels(target, base)
            argv = build_argv(self._client, self.checkout, target, base, labels, self._options())
            self._run(target.reference, target, argv)
            normalise(target, self.store, SOURCE_DATE_EPOCH, self.cache)

    def test(self, target: Target) -> None:
        """Run an image's own tests against the image; nothing when it has none.

        Raises:
            ImageError: a test failed, or the image does not exist.
            DiskError: the disk is full.
            StoppedError: it was asked to stop.
        """
        if target.test is None:
            return
        with interruptible():
            self._build_materials(target.test.materials)
            with TemporaryDirectory(prefix="regalloc-test-") as output:
                options = (*self._options(), f"--output=type=local,dest={output}")
                argv = argv_of_tests(self._client, self.checkout, target, target.test, options)
                self._run(f"{target.reference} tests", target, argv, "-test")

    def _build_materials(self, materials: tuple[Target, ...]) -> None:
        every = {material.reference: material for material in materials}
        missing = [m for name, m in every.items() if self.store.look_up(name) is None]
        side_by_side(self._build_material, missing)

    def _build_material(self, material: Target) -> None:
        labels = image_labels(material, None)
        argv = build_argv(self._client, self.checkout, material, None, labels, self._options())
        self._run(material.reference, material, argv)
        # Nobody compares it with another machine's: it keeps the time of its build.
        raw = self.store.look_up(raw_name(material))
        assert raw is not None, "it was built just now"
        self.store.add_name(raw.image_id, material.reference)
        self.store.drop_name(raw_name(material))

    @property
    def _client(self) -> Client:
        return find_client(self.environ.get("PATH", ""))

    def _options(self) -> tuple[str, ...]:
        return (
            *lend_secrets(self.environ, self.cache),
            *(_AFRESH if self.no_cache else ()),
        )

    def _run(self, title: str, target: Target, argv: tuple[str, ...], kind: str = "") -> None:
        log = self.cache / "logs" / f"{target.name}-{target.tag}{kind}.log"
        run_build(title, argv, self.environ, log)

    def again(self, cache: Path) -> DockerBuilder:
        """Return a builder that takes nothing from earlier builds, with a cache of its own."""
        return replace(self, no_cache=True, cache=cache)

    def examine(self) -> tuple[Finding, ...]:
        """Look at what a build needs of this machine."""
        return (find_buildkit(self.environ), find_base(self.environ))

    def _base(self, target: Target) -> Base | None:
        if target.parent is not None:
            return None
        base = prepare_base(self.cache, self.environ, self.store.fetch, locked_base(self.checkout))
        print(f"base: {base.identity}")
        if base.context is not None:
            check_base(self.checkout, root_digest(base.context))
            place_scripts(self.checkout, base.context)
        return base


def place_scripts(checkout: Path, context: Path) -> None:
    """Put what the base's build runs into its context, which is not the checkout."""
    for script in BASE_SCRIPTS:
        (context / script).parent.mkdir(parents=True, exist_ok=True)
        shutil.copy2(checkout / script, context / script)


def lend_secrets(environ: Mapping[str, str], cache: Path) -> tuple[str, ...]:
    """Return the flags that lend a build what is this machine's own and no image may hold."""
    sources = cache / "debian.sources"
    cache.mkdir(parents=True, exist_ok=True)
    content = debian_sources(Path("/etc/apt")).encode()
    # A build beside this one reads the file at its leisure: it must never be half written.
    with _SOURCES:
        if not sources.is_file() or sources.read_bytes() != content:
            with write_whole(sources) as file:
                file.write(content)
    return build_secrets(environ, pip_config_files(environ, Path.home()), sources)


def run_build(title: str, argv: tuple[str, ...], environ: Mapping[str, str], log: Path) -> None:
    """Run the docker client on a build, show its progress and keep its output.

    Raises:
        ImageError: the build failed.
        DiskError: the disk is full.
    """
    log.parent.mkdir(parents=True, exist_ok=True)
    tail = Tail()
    with log.open("wb") as file, show_progress(title) as progress:

        def record(line: bytes) -> None:
            file.write(line)
            tail.feed(line)
            if step := build_step(line):
                progress.step(step)
            elif count := parse_count(line):
                progress.count(*count)

        env = {**environ, "DOCKER_BUILDKIT": "1"}
        code = run_process(argv, env=env, on_output=record)
    if code != 0:
        raise build_failure(title, argv, code, log, tail.text())


def build_argv(
    client: Client,
    checkout: Path,
    target: Target,
    base: Base | None,
    labels: Mapping[str, str],
    options: tuple[str, ...],
) -> tuple[str, ...]:
    """Return the command line that builds an image."""
    context = base.context if base and base.context else checkout
    args = {
        "BASE": base.source if base else target.parent,
        "SOURCE_DATE_EPOCH": SOURCE_DATE_EPOCH,
        **{name: value for name, value in target.args if name != "BASE_IDENTITY"},
    }
    return (
        *client.build,
        "--progress=plain",
        f"--file={checkout / 'docker' / target.name / 'Dockerfile'}",
        f"--tag={raw_name(target)}",
        *(f"--build-arg={name}={value}" for name, value in args.items()),
        *(f"--label={name}={value}" for name, value in labels.items()),
        *options,
        str(context),
    )


def argv_of_tests(
    client: Client, checkout: Path, target: Target, test: ImageTest, options: tuple[str, ...]
) -> tuple[str, ...]:
    """Return the command line that tests an image; it leaves no image."""
    args = {"IMAGE": target.reference, **dict(test.args)}
    # An output of its own takes the place of buildx's --load.
    build = tuple(word for word in client.build if word != "--load")
    return (
        *build,
        "--progress=plain",
        "--network=none",
        f"--file={checkout / 'docker' / target.name / 'test' / 'Dockerfile'}",
        *(f"--build-arg={name}={value}" for name, value in args.items()),
        *options,
        str(checkout),
    )


def image_labels(target: Target, base: Base | None) -> dict[str, str]:
    """Return an image's labels, the same for the same content whatever the commit."""
    oci = "org.opencontainers.image"
    labels = {
        f"{oci}.title": f"regalloc-{target.name}",
        f"{oci}.description": target.image.summary,
        f"{oci}.version": regalloc.__version__,
        f"{oci}.revision": target.tag,
        "regalloc.tag": target.tag,
    }
    args = dict(target.args)
    if "LLVM_VERSION" in args:
        labels["regalloc.llvm"] = args["LLVM_VERSION"]
    return {**labels, "regalloc.base": base.identity} if base else labels


def build_step(line: bytes) -> str | None:
    """Return the step a line of BuildKit's plain output announces, or None."""
    found = _STEP.match(line.decode(errors="replace").rstrip())
    return " ".join(_MOUNT.sub("", found[1]).split()) if found else None


def build_failure(
    title: str, argv: tuple[str, ...], code: int, log: Path, tail: str
) -> ImageError | DiskError:
    """Return the error a failed build stands for."""
    details = describe_failure(argv, code, tail, log)
    output = log.read_text(errors="replace")
    if _OLD_DAEMON in output.lower():
        return ImageError(
            f"{title} could not be built: the docker daemon is too old for BuildKit",
            details,
            "update docker to 18.09 or newer",
        )
    if says_full(output):
        return DiskError(
            f"the disk is full: {title} could not be built",
            details,
            "free space: docker builder prune, docker image prune",
        )
    return ImageError(f"{title} could not be built", details, f"read {log}")
