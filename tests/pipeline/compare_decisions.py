"""Ask a policy's compiled code, the training compiler's own evaluator and a TensorFlow session.

Runs in a kit's container: `compare_decisions.py POLICY TRACE` prints as JSON how many observations
there were and in how many one of the first two differs from the session. Beside those of the trace
there are the same with values that invite differences: inf, NaN, subnormal and huge numbers,
boundaries' neighbours, and ties.
"""

from __future__ import annotations

import ctypes
import json
import subprocess
import sys
import tempfile
from pathlib import Path

import numpy as np

from regalloc.formats.features import DECISION, FEATURES
from regalloc.rl.export import aot
from regalloc.rl.learning.dataset import read_decisions
from tests.rl.decider import decide
from tests.rl.simulator import Session
from tests.rl.varied import vary

KIT = Path("/opt/kit")
CLASS = "RegAllocEvictModel"
SHIM = """
#include "regalloc/Model.h"
extern "C" {
void *model() { return new regalloc::Model; }
void *input(void *M, const char *Name) {
  auto *Model = static_cast<regalloc::Model *>(M);
  int Index = Model->LookupArgIndex(Name);
  return Index < 0 ? nullptr : Model->arg_data(Index);
}
long decide(void *M, const char *Name) {
  auto *Model = static_cast<regalloc::Model *>(M);
  Model->Run();
  return *static_cast<long *>(Model->result_data(Model->LookupResultIndex(Name)));
}
}
"""


class Compiled:
    """The code that a release links, called as the advisor calls it."""

    def __init__(self, policy: Path, folder: Path) -> None:
        model = aot.compile_policy(policy, CLASS, folder)
        (folder / "shim.cpp").write_text(SHIM)
        library = folder / "policy.so"
        subprocess.run(
            ["/opt/llvm/bin/clang++", "-std=c++17", "-O2", "-w", "-shared", "-fPIC", "-fuse-ld=lld",
             f"-I{KIT / 'include'}", f"-I{aot.tensorflow_headers()}", "-include", model.header,
             f"-DPOLICY_CLASS=llvm::{CLASS}", KIT / "Model.cpp", folder / "shim.cpp",
             model.code, KIT / "runtime.o", "-o", library],
            check=True,
        )  # fmt: skip
        self._code = ctypes.CDLL(str(library))
        for name in ("model", "input"):
            getattr(self._code, name).restype = ctypes.c_void_p
        self._code.input.argtypes = [ctypes.c_void_p, ctypes.c_char_p]
        self._code.decide.argtypes = [ctypes.c_void_p, ctypes.c_char_p]
        self._code.decide.restype = ctypes.c_long
        self._model = self._code.model()
        self._inputs = {
            f: self._code.input(self._model, f"feed_{f.name}".encode()) for f in FEATURES
        }

    def choose(self, observations: dict[str, np.ndarray]) -> np.ndarray:
        """Return the decision of each observation."""
        return np.array([self._decide(observations, i) for i in range(len(observations["mask"]))])

    def _decide(self, observations: dict[str, np.ndarray], index: int) -> int:
        for feature, place in self._inputs.items():
            # What the policy does not use is not there.
            if place is not None:
                values = np.ascontiguousarray(observations[feature.name][index], feature.dtype)
                ctypes.memmove(place, values.ctypes.data, values.nbytes)
        return int(self._code.decide(self._model, f"fetch_{DECISION}".encode()))


def main(policy: Path, trace: Path) -> None:
    """Print how many decisions differ."""
    functions, _ = read_decisions(trace)
    observations = {f.name: np.concatenate([one[f.name] for one in functions]) for f in FEATURES}
    with tempfile.TemporaryDirectory() as name:
        compiled, session = Compiled(policy, Path(name)), Session(policy)
        different = {}
        for kind, varied in vary(observations):
            measured = session.choose(varied)
            other = compiled.choose(varied) != measured
            other |= decide(policy, varied, "native") != measured
            different[kind] = int(other.sum())
    count = len(observations["mask"])
    print(json.dumps({"observations": count * len(different), "different": different}))


if __name__ == "__main__":
    main(*map(Path, sys.argv[1:]))
