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
from regalloc.images.builders.local_steps import (
    Step,
    binds_of_tests,
    build_binds,
    build_steps,
    steps_of_tests,
)
from regalloc.images.builders.root_filesystem import SOURCE_DATE_EPOCH
from regalloc.images.finding import Finding
from regalloc.images.side_by_side import one_by_one
from regalloc.images.tags import Target


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
