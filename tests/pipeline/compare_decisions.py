"""Ask a policy's compiled code and a TensorFlow session the same, and compare the answers.

Runs in a kit's container: `compare_decisions.py POLICY TRACE` prints as JSON how many observations
there were and in how many the two differ. Beside those of the trace there are the same with values
that invite differences: inf, NaN, subnormal and huge numbers, boundaries' neighbours, and ties.
"""

from __future__ import annotations

import ctypes
import json
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from pathlib import Path

import numpy as np

from regalloc.compiler.features import DECISION, FEATURES
from regalloc.rl import aot
from regalloc.rl.dataset import read_decisions
from tests.rl.simulator import Session

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
ODD = [
    np.inf,
    -np.inf,
    np.nan,
    0.0,
    -0.0,
    -1.0,
    1e-45,
    1.1754942e-38,
    1.1754944e-38,
    3.4028235e38,
    1.0,
]


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
                ctypes.memmove(place, values.ctypes.data, feature.nbytes)
        return int(self._code.decide(self._model, f"fetch_{DECISION}".encode()))


def vary(observations: dict[str, np.ndarray]) -> Iterator[tuple[str, dict[str, np.ndarray]]]:
    """Yield the observations as they are, with odd values, with neighbours, and with ties."""
    yield "trace", observations
    rng = np.random.default_rng(7)
    floats = [f.name for f in FEATURES if f.dtype == "float32"]
    odd = {name: values.copy() for name, values in observations.items()}
    for name in floats:
        chosen = rng.uniform(size=odd[name].shape) < 0.3
        odd[name][chosen] = rng.choice(np.array(ODD, np.float32), int(chosen.sum()))
    yield "odd", odd
    # Most values of a trace are boundaries of the vocabulary.
    signs = {name: rng.choice([-np.inf, np.inf], observations[name].shape) for name in floats}
    yield (
        "neighbours",
        observations
        | {
            name: np.nextafter(observations[name], signs[name].astype(np.float32))
            for name in floats
        },
    )
    noise = {name: 1 + rng.normal(0, 1e-6, observations[name].shape) for name in floats}
    yield (
        "shaken",
        observations
        | {name: (observations[name] * noise[name]).astype(np.float32) for name in floats},
    )
    # Every position looks like one of two.
    which = rng.integers(0, 2, observations["mask"].shape) * 32
    tied = {f.name: np.take_along_axis(observations[f.name], which, 2)
            for f in FEATURES if f.size > 1}  # fmt: skip
    yield "ties", observations | tied | {"mask": observations["mask"]}


def main(policy: Path, trace: Path) -> None:
    """Print how many decisions differ."""
    functions, _ = read_decisions(trace)
    observations = {f.name: np.concatenate([one[f.name] for one in functions]) for f in FEATURES}
    with tempfile.TemporaryDirectory() as name:
        compiled, session = Compiled(policy, Path(name)), Session(policy)
        different = {
            kind: int((compiled.choose(varied) != session.choose(varied)).sum())
            for kind, varied in vary(observations)
        }
    count = len(observations["mask"])
    print(json.dumps({"observations": count * len(different), "different": different}))


if __name__ == "__main__":
    main(*map(Path, sys.argv[1:]))
