"""A compiler made of shell: each module's bitcode carries the script that its compile runs."""

from __future__ import annotations

import base64
import json
import struct
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import numpy as np

from regalloc.compiler.toolchain import Toolchain
from regalloc.formats.corpus import Module
from regalloc.formats.features import FEATURES
from regalloc.formats.logs import Episode
from regalloc.formats.sequence_example import encode_sequence
from regalloc.formats.wire import field, tag
from regalloc.releases import LogFormat, find_release
from regalloc.settings import Limits

MAGIC = b"BC\xc0\xde"
LIMITS = Limits(wall_s=20.0, memory_mb=2048, attempts=3)

_CLANG = """#!/bin/sh
for arg; do
  case $arg in
    --version) echo 'fake clang version VERSION (fake)'; exit 0 ;;
    -regalloc-training-log=*) log=${arg#*=} ;;
    -regalloc-model=*) policy=${arg#*=} ;;
    -regalloc-rollout-log=*) other=${arg#*=} ;;
    -regalloc-rollout-model=*) others="$others $other=${arg#*=}" ;;
    -emit-llvm-bc) optimise=yes ;;
    */object) object=$arg; cp "${0%/*}/../object" "$object" ;;
    */remarks) remarks=$arg; : >"$remarks" ;;
    *.optimised) optimised=$arg; input=${input:-$arg} ;;
    *.bc|*.ll|*.reduced) input=${input:-$arg} ;;
  esac
done
if test "$optimise"; then exec cp "$input" "$optimised"; fi
case $input in
  *.ll) PROBE ;;
  *)
    script=$(tail -c +5 "$input")
    eval "$script" || exit
    for other in $others; do
      test "$GLIBC_TUNABLES" = glibc.malloc.mmap_max=0 || exit 9
      log=${other%%=*} policy=${other#*=}
      eval "$script" || exit
    done ;;
esac
"""

_OPT = """#!/bin/sh
for arg; do
  case $arg in
    *.reduced) target=$arg ;;
    *.bc) input=$arg ;;
  esac
done
cp "$input" "$target"
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


def make_toolchain(
    folder: Path, probe: str | None = None, major: int = 19, *, rollouts: bool = True
) -> Toolchain:
    """Return a toolchain whose clang runs modules' scripts, and ``probe`` for the probe."""
    bin_folder = folder / "bin"
    bin_folder.mkdir(parents=True)
    release = find_release(major)
    if probe is None:
        log = make_log([make_episode("probe", 2)], release.log_format)
        (folder / "probe.log").write_bytes(log)
        probe = f"cp {folder}/probe.log $log"
    (folder / "object").write_bytes(make_object([64]))
    clang = _CLANG.replace("PROBE", probe).replace("VERSION", release.version)
    for name, text in (("clang", clang), ("llvm-objcopy", _OBJCOPY), ("opt", _OPT)):
        (bin_folder / name).write_text(text)
        (bin_folder / name).chmod(0o755)
    if rollouts:
        (bin_folder / "regalloc-decide").touch()
    return Toolchain(folder, release, release.version)


def make_object(sizes: Sequence[int]) -> bytes:
    """Return an ELF object with sections of code of the given sizes, and one of data."""
    head = 64
    header = struct.pack(
        "<16sHHIQQQIHHHHHH", b"\x7fELF\x02\x01\x01", 1, 62, 1, 0, 0, head, 0, head, 0, 0, 64,
        len(sizes) + 1, 0,
    )  # fmt: skip
    sections = [(0x6, size) for size in sizes] + [(0x2, 999)]
    return header + b"".join(
        struct.pack("<IIQQQQIIQQ", 0, 1, flags, 0, 0, size, 0, 0, 1, 0) for flags, size in sections
    )


def make_remark(function: str, spills: int = 0, reloads: int = 0, copies: int = 0) -> str:
    """Return the allocator's remark about a function."""
    return f"""--- !Missed
Pass:            regalloc
Name:            SpillReloadCopies
DebugLoc:        {{ File: 'x.c', Line: 3, Column: 0 }}
Function:        {function}
Args:
  - NumSpills:       '{spills}'
  - String:          ' spills '
  - TotalSpillsCost: '1.300000e+01'
  - NumReloads: '{reloads}'
  - NumVRCopies:     '{copies}'
  - String:          generated in function
...
"""


def make_module(folder: Path, name: str, script: str, held_out: bool = False) -> Module:
    """Return a module whose compile runs a shell script; ``$log`` is where the log goes."""
    bitcode = folder / f"{name}.bc"
    bitcode.parent.mkdir(parents=True, exist_ok=True)
    bitcode.write_bytes(MAGIC + script.encode())
    return Module(name, bitcode, ("-cc1", "-O2"), held_out)


def logging_module(
    folder: Path, name: str, episodes: Sequence[Episode], log_format: LogFormat = "json-lines"
) -> Module:
    """Return a module whose compile logs the episodes."""
    log = folder / f"{name}.canned"
    log.parent.mkdir(parents=True, exist_ok=True)
    log.write_bytes(make_log(episodes, log_format))
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
    # A decision is legal where its mask says so.
    observations["mask"][np.arange(decisions), 0, actions] = 1
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


def make_log(episodes: Sequence[Episode], log_format: LogFormat = "json-lines") -> bytes:
    """Return the bytes LLVM would log for the episodes."""
    if log_format == "proto-struct":
        return b"".join(
            entry(episode.function, sequence(make_lists(episode))) for episode in episodes
        )
    return make_header() + b"".join(map(json_episode, episodes))


def json_episode(episode: Episode) -> bytes:
    """Return the lines and tensors of one function in a log of LLVM 19."""
    chunks = [event("context", episode.function)]
    for index in range(episode.decisions):
        last = index == episode.decisions - 1
        chunks.append(observation(episode, index))
        chunks.append(outcome(index, episode.score if last else 0.0))
    return b"".join(chunks)


def make_lists(episode: Episode) -> dict[str, Any]:
    """Return the feature lists that LLVM 15 logs for a function."""
    rewards = np.zeros(episode.decisions, np.float32)
    rewards[-1:] = episode.score
    decided = {"index_to_evict": episode.actions, "reward": rewards}
    return {**episode.observations, **episode.extras, **decided}


def sequence(lists: Mapping[str, Any]) -> bytes:
    """Return what LLVM 15 logs as a function's string."""
    return base64.b64encode(encode_sequence(lists))


def entry(function: str, text: bytes) -> bytes:
    """Return one function of a log of LLVM 15: a string in a map of a protobuf Struct."""
    name = function.encode("utf-8", "surrogateescape")
    return field(tag(1), field(tag(1), name) + field(tag(2), field(tag(3), text)))


def event(key: str, value: object) -> bytes:
    text = json.dumps({key: value}, separators=(",", ":"), ensure_ascii=False)
    return text.encode("utf-8", "surrogateescape") + b"\n"


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
