"""The compiler's evaluators, asked about observations that no compile makes."""

from __future__ import annotations

import os
import subprocess
from pathlib import Path

import numpy as np

from regalloc.formats.features import FEATURES

Observations = dict[str, np.ndarray]

VARIABLE = "REGALLOC_EVALUATOR"
TOOL = Path(os.environ.get("REGALLOC_TOOLCHAIN", "/opt/llvm")) / "bin" / "regalloc-decide"


def pack(observations: Observations) -> bytes:
    """Return the tensors' bytes, decision by decision, in the order of the table."""
    count = len(observations["mask"])
    columns = [
        np.ascontiguousarray(observations[f.name], f.dtype).reshape(count, -1) for f in FEATURES
    ]
    return np.concatenate([column.view(np.uint8) for column in columns], 1).tobytes()


def decide(policy: Path, observations: Observations, evaluator: str) -> np.ndarray:
    """Return the decision of each observation by ``native`` or ``tensorflow``."""
    run = subprocess.run(
        [TOOL, policy],
        input=pack(observations),
        env={**os.environ, VARIABLE: evaluator},
        capture_output=True,
        check=False,
    )
    assert (run.returncode, run.stderr) == (0, b"")
    return np.frombuffer(run.stdout, np.int64)
