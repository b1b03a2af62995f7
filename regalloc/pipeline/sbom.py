"""Takes the bills of materials out of the images."""

from __future__ import annotations

from pathlib import Path, PurePosixPath

from regalloc.engine.docker import DockerEngine
from regalloc.errors import DiskError, EngineError, ImageError
from regalloc.pipeline.execute import Run

FOLDER = PurePosixPath("/usr/share/regalloc")


def write_sboms(run: Run, output: Path) -> list[Path]:
    """Write ``<image>.spdx.json`` of every image of the set that exists, and return the paths.

    Raises:
        EngineError: there is no docker engine.
        ImageError: none of the images exists.
        DiskError: the folder cannot be written.
    """
    engine = run.engine
    if not isinstance(engine, DockerEngine):
        raise EngineError("bills of materials are in images", "", "start docker")
    targets = run.wish.targets.values()
    there = [target for target in targets if engine.image_id(target.reference)]
    if not there:
        raise ImageError("none of the images exists", "", "run `invoke build-llvm` first")
    written = []
    for target in there:
        name = f"{target.name}.spdx.json"
        content = engine.read_file(target.reference, FOLDER / name)
        try:
            output.mkdir(parents=True, exist_ok=True)
            (output / name).write_bytes(content)
        except OSError as error:
            raise DiskError(
                f"{output} cannot be written", str(error), "name another folder with --output"
            ) from error
        written.append(output / name)
    return written
