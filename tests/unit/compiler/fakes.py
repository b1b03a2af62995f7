"""A compiler made of shell: each module's bitcode carries the script that its compile runs."""

from __future__ import annotations

import json
import struct
from collections.abc import Sequence
from pathlib import Path

import numpy as np

from regalloc.compiler.corpus import Module
from regalloc.compiler.features import FEATURES
from regalloc.compiler.toolchain import Toolchain
from regalloc.compiler.training_log import Episode
from regalloc.settings import Limits

MAGIC = b"BC\xc0\xde"
LIMITS = Limits(wall_s=20.0, memory_mb=2048, attempts=3)

_CLANG = """#!/bin/sh
for arg; do
  case $arg in
    --version) echo 'fake clang version 19'; exit 0 ;;
    -regalloc-training-log=*) log=${arg#*=} ;;
    -regalloc-model=*) policy=${arg#*=} ;;
    *.bc|*.ll) input=${input:-$arg} ;;
  esac
done
case $input in
  *.ll) PROBE ;;
  *) eval "$(tail -c +5 "$input")" ;;
esac
"""

_OBJCOPY = """#!/bin/sh
for arg; do
  case $arg in
    --dump-section=.llvmbc=*) bc=${arg##*=} ;;
    --dump-section=.llvmcmd=*) cmd=${arg##*=} ;;
    /dev/null) ;;
    *) object=$arg ;;
  esac
done
if test -e "$object.error"; then cat "$object.error" >&2; exit 1; fi
cp "$object" "$bc" && cp "$object.llvmcmd" "$cmd"
"""


def make_toolchain(folder: Path, probe: str | None = None) -> Toolchain:
    """Return a toolchain whose clang runs modules' scripts, and ``probe`` for the probe."""
    bin_folder = folder / "bin"
    bin_folder.mkdir(parents=True)
    if probe is None:
        (folder / "probe.log").write_bytes(make_log([make_episode("probe", 2)]))
        probe = f"cp {folder}/probe.log $log"
    for name, text in (("clang", _CLANG.replace("PROBE", probe)), ("llvm-objcopy", _OBJCOPY)):
        (bin_folder / name).write_text(text)
        (bin_folder / name).chmod(0o755)
    return Toolchain(folder)


def make_module(folder: Path, name: str, script: str, held_out: bool = False) -> Module:
    """Return a module whose compile runs a shell script; ``$log`` is where the log goes."""
    bitcode = folder / f"{name}.bc"
    bitcode.parent.mkdir(parents=True, exist_ok=True)
    bitcode.write_bytes(MAGIC + script.encode())
    return Module(name, bitcode, ("-cc1", "-O2"), held_out)


def logging_module(folder: Path, name: str, episodes: Sequence[Episode]) -> Module:
    """Return a module whose compile logs the episodes."""
    log = folder / f"{name}.canned"
    log.parent.mkdir(parents=True, exist_ok=True)
    log.write_bytes(make_log(episodes))
    return make_module(folder, name, f"cp '{log}' $log")


def write_corpus(folder: Path, modules: Sequence[Module]) -> None:
    """Describe modules that lie in ``folder`` as a corpus."""
    names = sorted(module.name for module in modules)
    held_out = {module.name for module in modules if module.held_out}
    for module in modules:
        (folder / f"{module.name}.cmd").write_bytes("\0".join([*module.cmd, ""]).encode())
    description = {"modules": names, "has_thinlto": False}
    split = {
        "salt": "s",
        "fraction": 0.2,
        "train": [name for name in names if name not in held_out],
        "held_out": sorted(held_out),
    }
    (folder / "corpus_description.json").write_text(json.dumps(description))
    (folder / "split.json").write_text(json.dumps(split))


def make_episode(function: str, decisions: int, score: float = 1.5) -> Episode:
    """Return an episode whose values depend on the function's name only."""
    rng = np.random.default_rng(list(function.encode()))
    observations = {
        f.name: rng.integers(0, 2, (decisions, *f.shape)).astype(f.dtype)
        if f.dtype == "int64"
        else rng.random((decisions, *f.shape)).astype(f.dtype)
        for f in FEATURES
    }
    actions = rng.integers(0, 33, decisions).astype(np.int64)
    return Episode(function, observations, actions, {}, score)


def make_header(specs: Sequence[tuple[str, str, Sequence[int]]] | None = None) -> bytes:
    """Return a log's first line, for LLVM's own tensors by default."""
    if specs is None:
        ctypes = {"int64": "int64_t", "float32": "float"}
        specs = [(f.name, ctypes[f.dtype], f.shape) for f in FEATURES]
        specs = [*specs, ("index_to_evict", "int64_t", (1,))]
    features = [{"name": n, "type": t, "port": 0, "shape": list(s)} for n, t, s in specs]
    score = {"name": "reward", "type": "float", "port": 0, "shape": [1]}
    return json.dumps({"features": features, "score": score}).encode() + b"\n"


def make_log(episodes: Sequence[Episode], header: bytes | None = None) -> bytes:
    """Return the bytes LLVM would log for the episodes."""
    chunks = [make_header() if header is None else header]
    for episode in episodes:
        chunks.append(event("context", episode.function))
        for index in range(episode.decisions):
            last = index == episode.decisions - 1
            chunks.append(observation(episode, index))
            chunks.append(outcome(index, episode.score if last else 0.0))
    return b"".join(chunks)


def event(key: str, value: object) -> bytes:
    return json.dumps({key: value}, separators=(",", ":")).encode() + b"\n"


def observation(episode: Episode, index: int) -> bytes:
    tensors = [episode.observations[f.name][index].tobytes() for f in FEATURES]
    tensors += [extra[index].tobytes() for extra in episode.extras.values()]
    tensors.append(episode.actions[index].tobytes())
    return event("observation", index) + b"".join(tensors) + b"\n"


def outcome(index: int, score: float) -> bytes:
    return event("outcome", index) + struct.pack("<f", score) + b"\n"


def flatten(episodes: Sequence[Episode]) -> list[object]:
    """Return episodes as values that compare with ``==``."""
    return [
        (
            e.function,
            e.score,
            e.actions.dtype.name,
            e.actions.tolist(),
            {name: (a.dtype.name, a.tolist()) for name, a in e.observations.items()},
            {name: (a.dtype.name, a.tolist()) for name, a in e.extras.items()},
        )
        for e in episodes
    ]
