"""Proves that two builds give the same files and two trainings the same policy."""

from __future__ import annotations

import shutil
import tempfile
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from pathlib import Path

from rich.console import Console

from regalloc.engine.command import ImageRef
from regalloc.engine.store import ImageStore
from regalloc.errors import ConfigError, EngineError
from regalloc.images.file_hashes import compare_files, hash_files
from regalloc.images.tags import Target, material_args
from regalloc.pipeline.execute import execute
from regalloc.pipeline.found import look_around
from regalloc.pipeline.manifest import list_outputs
from regalloc.pipeline.plan import plan
from regalloc.pipeline.reproduction import (
    Reproduction,
    check_reproductions,
    compare_stages,
    write_differences,
)
from regalloc.pipeline.run import Run
from regalloc.pipeline.step import resolve
from regalloc.stages.table import STAGES
from regalloc.terminal.messages import say
from regalloc.terminal.reproduction_table import reproduction_table

SECOND = "second"


@dataclass(frozen=True)
class Scope:
    """What is proven.

    Attributes:
        images: names of the images to build again, with what they are built from; all if empty.
        build: whether images are built again at all.
        stages: whether the stages are run twice.
        once: whether an image that is here stands for its first build, wherever it came from.
    """

    images: tuple[str, ...] = ()
    build: bool = True
    stages: bool = True
    once: bool = False

    def choose(self, targets: Mapping[str, Target]) -> dict[str, Target]:
        """Return the images to build again, parents first.

        Raises:
            ConfigError: an image has a name that is not in the tree.
        """
        for name in self.images:
            if name not in targets:
                raise ConfigError(f"there is no image {name!r}", "", f"use {', '.join(targets)}")
        wanted = set(self.images or targets)
        for name in reversed(list(targets)):
            if name in wanted:
                image = targets[name].image
                wanted |= {*image.starts_from, *filter(None, [image.parent])}
        return {n: target for n, target in targets.items() if n in wanted} if self.build else {}


def verify(run: Run, scope: Scope = Scope()) -> None:
    """Build and train twice, print a table of what was compared, and fail if anything differs.

    The first build stays as the images; the second, and both trainings, are removed.

    Raises:
        ConfigError: an image has a name that is not in the tree.
        EngineError: the engine keeps no images.
        VerifyError: a file differs.
        RegallocError: a build or a stage failed.
    """
    images = run.engine.images
    if images is None:
        raise EngineError("verify needs a docker engine", "", "start docker")
    second = {name: again(target) for name, target in scope.choose(run.wish.targets).items()}
    reproductions: list[Reproduction] = []
    try:
        for made in _reproduce(run, images, second, scope):
            reproductions.append(made)
            say(f"{made.what}: {made.files} files, {len(made.differences)} different")
            # What comes after is made of it and would differ as well.
            if made.differences:
                break
    finally:
        for target in reversed(second.values()):
            images.remove(target.reference)
    Console().print(reproduction_table(reproductions))
    listing = run.cache / "logs" / "verify.txt"
    write_differences(listing, reproductions)
    check_reproductions(reproductions, listing)


def _reproduce(
    run: Run, images: ImageStore, second: Mapping[str, Target], scope: Scope
) -> Iterator[Reproduction]:
    yield from _verify_images(run, images, second, scope.once)
    if scope.stages:
        yield from _verify_stages(run, {**run.wish.targets, **second})


def again(target: Target) -> Target:
    """Return the same image under a tag of its own, made of what the second build made."""
    parent = target.parent and ImageRef(target.parent.name, f"{target.parent.tag}-{SECOND}")
    materials = tuple(map(again, target.materials))
    args = dict(target.args) | material_args(materials)
    return replace(
        target,
        tag=f"{target.tag}-{SECOND}",
        parent=parent,
        args=tuple(args.items()),
        materials=materials,
    )


def _verify_images(
    run: Run, images: ImageStore, second: Mapping[str, Target], once: bool
) -> Iterator[Reproduction]:
    # In a cache of its own each bootstraps a base of its own. A failed build's log stays there.
    place = run.cache / "verify"
    shutil.rmtree(place, ignore_errors=True)
    builders = [run.builder.again(place / name) for name in ("first", SECOND)]
    for name, target in second.items():
        files = []
        for afresh, wanted in zip(builders, (run.wish.targets[name], target), strict=True):
            if once and wanted is not target and images.look_up(wanted.reference):
                say(f"{wanted.reference}: is here, and stands for the first build")
            else:
                afresh.build(wanted)
            with images.export(wanted.reference) as stream:
                files.append(hash_files(stream) | _layers(images, wanted))
        yield Reproduction(f"image {name}", len(files[0]), tuple(compare_files(*files)))
    shutil.rmtree(place, ignore_errors=True)


def _layers(images: ImageStore, target: Target) -> dict[str, str]:
    """Return the layers, which hold times as well; the configurations name the tag, and differ."""
    image = images.look_up(target.reference)
    assert image is not None, "it was built just now"
    return {f"layer {depth}": digest for depth, digest in enumerate(image.layers)}


def _verify_stages(run: Run, second: Mapping[str, Target]) -> Iterator[Reproduction]:
    with tempfile.TemporaryDirectory(prefix="regalloc-verify-", dir=run.cache) as name:
        folders = (Path(name) / "first", Path(name) / "second")
        # What measures this machine gives other figures each time.
        stages = [stage for stage in STAGES if not stage.times_machine]
        for folder, targets in zip(folders, (run.wish.targets, second), strict=True):
            folder.mkdir()
            one = replace(run, folder=folder, wish=replace(run.wish, targets=targets))
            found = look_around(folder, targets, run.engine)
            steps = resolve([stage.name for stage in stages], one.wish)
            execute(plan(steps, targets, found), one)
        for stage in stages:
            written = [folder / stage.writes for folder in folders]
            differences = tuple(compare_stages(*written))
            yield Reproduction(
                f"stage {stage.name}", len(list(list_outputs(written[0]))), differences
            )
