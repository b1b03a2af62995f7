"""Records a stage that ended: what it ran with, and what it wrote."""

from __future__ import annotations

import platform
from datetime import UTC, datetime

import regalloc
from regalloc.images.lock import read_pins
from regalloc.pipeline.manifest import Manifest, look_at_outputs, write_marks
from regalloc.pipeline.run import Run
from regalloc.pipeline.step import Step


def record_stage(step: Step, run: Run, argv: tuple[str, ...], duration_s: float) -> Manifest:
    """Return the manifest of a stage that has just ended.

    Args:
        step: the stage.
        run: where and with what it ran.
        argv: its name and flags.
        duration_s: how long it took.

    Raises:
        OutputError: its folder holds what no result may hold.
        DiskError: its folder cannot be read.
    """
    folder = run.folder / step.stage.writes
    outputs = look_at_outputs(folder)
    write_marks(folder, outputs)
    # Its own version, LLVM's and the host's Python, and every wheel of the trainer.
    versions = {
        "regalloc": regalloc.__version__,
        "llvm": step.llvm,
        "host-python": platform.python_version(),
        **read_pins(run.checkout),
    }
    return Manifest(
        stage=step.stage.name,
        key=step.key,
        images={target.name: target.reference for target in step.images},
        image_ids={target.name: run.engine.image_id(target.ref) or "" for target in step.images},
        engine=run.engine.describe(),
        argv=argv,
        gin="\n".join(step.bindings),
        versions=versions,
        seed=step.seed,
        reads=step.reads,
        writes={path: output.sha256 for path, output in outputs.items()},
        sizes={path: output.size for path, output in outputs.items()},
        duration_s=round(duration_s, 3),
        created=datetime.now(UTC).isoformat(timespec="seconds"),
    )
