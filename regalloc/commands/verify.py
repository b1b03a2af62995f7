"""Proves that two builds give the same files and two trainings the same policy."""

from __future__ import annotations

import shutil
import tempfile
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, replace
from pathlib import Path

from regalloc.engine.command import ImageRef
from regalloc.engine.store import ImageStore
from regalloc.errors import EngineError
from regalloc.images.builders.passed_tests import Examiner
from regalloc.images.file_hashes import compare_files, hash_files
from regalloc.images.tags import Target, material_args, require_names
from regalloc.pipeline.execute import execute
from regalloc.pipeline.found import look_around
from regalloc.pipeline.manifest import hash_outputs
from regalloc.pipeline.plan import plan
from regalloc.pipeline.reproduction import (
    Reproduction,
    check_reproductions,
    compare_stages,
    write_differences,
)
from regalloc.pipeline.run import Run
from regalloc.pipeline.step import resolve, unused_folders
from regalloc.stages.table import STAGES
from regalloc.terminal.messages import say
from regalloc.terminal.reproduction_table import print_reproductions

SECOND = "second"


@dataclass(frozen=True)
class Scope:
    """What is proven.

    Attributes:
        images: names of the images to build again, with what they are built from; all if empty.
        build: whether images are built again at all.
        tests: whether images that have tests of their own are tested.
        stages: whether the stages are run twice.
        once: whether an image that is here stands for its first build, wherever it came from.
    """

    images: tuple[str, ...] = ()
    build: bool = True
    tests: bool = True
    stages: bool = True
    once: bool = False

    def choose(self, targets: Mapping[str, Target]) -> dict[str, Target]:
        """Return the images to look at, parents first.

        Raises:
            ConfigError: an image has a name that is not in the tree.
        """
        require_names(self.images, targets)
        wanted = set(self.images or targets)
        for name in reversed(list(targets)):
            if name in wanted:
                image = targets[name].image
                wanted |= {*image.starts_from, *filter(None, [image.parent])}
        return {n: target for n, target in targets.items() if n in wanted}

    def build_again(self, targets: Mapping[str, Target]) -> dict[str, Target]:
        """Return the chosen images as a second build makes them; none if none is built again."""
        chosen = self.choose(targets) if self.build else {}
        return {name: again(target) for name, target in chosen.items()}


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
    chosen = scope.choose(run.wish.targets)
    second = scope.build_again(run.wish.targets)
    reproductions: list[Reproduction] = []
    try:
        for made in _reproduce(run, images, chosen, second, scope):
            reproductions.append(made)
            say(f"{made.what}: {made.files} files, {len(made.differences)} different")
            # What comes after is made of it and would differ as well.
            if made.differences:
                break
    finally:
        for target in reversed(second.values()):
            images.remove(target.reference)
            for material in target.materials:
                images.remove(material.reference)
    print_reproductions(reproductions)
    listing = run.cache / "logs" / "verify.txt"
    write_differences(listing, reproductions)
    check_reproductions(reproductions, listing)


def _reproduce(
    run: Run,
    images: ImageStore,
    chosen: Mapping[str, Target],
    second: Mapping[str, Target],
    scope: Scope,
) -> Iterator[Reproduction]:
    yield from _verify_images(run, images, second, scope.once)
    if scope.tests:
        _test_images(run, images, chosen.values())
    if scope.stages:
        yield from _verify_stages(run, {**run.wish.targets, **second})


def _test_images(run: Run, images: ImageStore, targets: Iterable[Target]) -> None:
    every = list(targets)
    run.builder.build_all([one for one in every if images.look_up(one.reference) is None])
    examiner = Examiner(run.builder, run.cache, say)
    for target in every:
        image = images.look_up(target.reference)
        assert image is not None, "it was built just now"
        examiner.test(target, image.image_id)


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
    first = [run.wish.targets[name] for name in second]
    here = [target for target in first if once and images.look_up(target.reference)]
    for target in here:
        say(f"{target.reference}: is here, and stands for the first build")
    builders[0].build_all([target for target in first if target not in here])
    builders[1].build_all(tuple(second.values()))
    for pair in zip(first, second.values(), strict=True):
        files = []
        for target in pair:
            with images.export(target.reference) as stream:
                files.append(hash_files(stream) | _layers(images, target))
        yield Reproduction(f"image {pair[0].name}", len(files[0]), tuple(compare_files(*files)))
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
        unused = unused_folders(run.wish.settings)
        stages = [s for s in STAGES if not s.times_machine and s.writes not in unused]
        for folder, targets in zip(folders, (run.wish.targets, second), strict=True):
            folder.mkdir()
            one = replace(run, folder=folder, wish=replace(run.wish, targets=targets))
            found = look_around(folder, targets, run.engine)
            steps = resolve([stage.name for stage in stages], one.wish)
            execute(plan(steps, targets, found), one)
        for stage in stages:
            written = [folder / stage.writes for folder in folders]
            differences = tuple(compare_stages(*written))
            yield Reproduction(f"stage {stage.name}", len(hash_outputs(written[0])), differences)
