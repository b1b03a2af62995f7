"""Takes the bills of materials out of the images."""

from __future__ import annotations

from pathlib import Path, PurePosixPath

from regalloc.errors import DiskError, EngineError, ImageError
from regalloc.pipeline.run import Run

FOLDER = PurePosixPath("/usr/share/regalloc")


def write_sboms(run: Run, output: Path) -> list[Path]:
    """Write ``<image>.spdx.json`` of every image of the set that exists, and return the paths.

    Raises:
        EngineError: the engine keeps no images.
        ImageError: none of the images exists.
        DiskError: the folder cannot be written.
    """
    images = run.engine.images
    if images is None:
        raise EngineError("bills of materials are in images", "", "start docker")
    there = [target for target in run.wish.targets.values() if images.look_up(target.reference)]
    if not there:
        raise ImageError("none of the images exists", "", "run `invoke build-llvm` first")
    written = []
    for target in there:
        name = f"{target.name}.spdx.json"
        content = images.read_file(target.reference, FOLDER / name)
        try:
            output.mkdir(parents=True, exist_ok=True)
            (output / name).write_bytes(content)
        except OSError as error:
            raise DiskError(
                f"{output} cannot be written", str(error), "name another folder with --output"
            ) from error
        written.append(output / name)
    return written
