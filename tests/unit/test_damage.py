"""Whatever is read: damaged, it ends in an error of ours that says so, and it ends soon."""

from __future__ import annotations

import copy
import json
import os
import random
import struct
import time
import zlib
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest

from regalloc.compiler.entry_counts import read_counts, write_counts
from regalloc.errors import RegallocError
from regalloc.formats import weights_file
from regalloc.formats.baselines import Baseline, read_baselines, write_baselines
from regalloc.formats.bitcode import read_producer
from regalloc.formats.compile_commands import read_objects
from regalloc.formats.compile_results import Failed
from regalloc.formats.corpus import read_corpus, read_trained_programs
from regalloc.formats.default_scores import read_scores
from regalloc.formats.generated_code import GeneratedCode, read_code
from regalloc.formats.graph_operations import find_forbidden
from regalloc.formats.logs import parse_log
from regalloc.formats.logs.episode import Outcome
from regalloc.formats.output_spec import find_flaw, write_output_spec
from regalloc.formats.remarks import SpillCode
from regalloc.formats.trained_on import read_trained_on, write_trained_on
from regalloc.images.lock import read_lock
from regalloc.pipeline.manifest import (
    Manifest,
    StageFailure,
    read_failure,
    read_manifest,
    read_started,
    write_failure,
    write_manifest,
    write_started,
)
from regalloc.programs.reading import read_program
from regalloc.programs.variants import select_variants
from regalloc.report import programs_result, report
from tests.unit.compiler.fakes import (
    make_episode,
    make_log,
    make_module,
    make_object,
    make_remark,
    write_corpus,
)
from tests.unit.formats.bitstreams import unabbreviated
from tests.unit.formats.test_graph_operations import FUNCTIONS, HONEST, model
from tests.unit.programs.test_definition import MINIMAL
from tests.unit.report.program_samples import make_program, make_programs
from tests.unit.report.samples import make_report

ROUNDS = int(os.environ.get("REGALLOC_MUTATIONS", "40"))
"""Damages of each reader's files; more by hand."""
SLOW_S = 5.0
DEEP = b"[" * 100_000
ODD = (
    None, -1, 0, 1e308, float("nan"), float("inf"), "", "x" * 50, [], {}, [[]], True, 2**80,
    "\ud800", {"a": 1}, -0.5, "../x", "/etc/passwd",
)  # fmt: skip

Write = Callable[[Path], object]
Read = Callable[[Path], object]


def _write_corpus(folder: Path) -> None:
    write_corpus(folder, [make_module(folder, name, "", name == "b.o") for name in ("a.o", "b.o")])
    (folder / "replay.json").write_text('{"modules": {"a.o": {"compiles": "reduced"}}}')
    (folder / "times.json").write_text('{"a.o": 0.5}')


def _write_build(folder: Path) -> None:
    entries = [
        {"directory": "/p", "file": "a.c", "command": "cc @x.rsp -c a.c -o a.o"},
        {"directory": "/p/s", "file": "b.c", "arguments": ["cc", "-c"], "output": "s/b.o"},
    ]
    (folder / "compile_commands.json").write_text(json.dumps(entries))
    (folder / "x.rsp").write_text("-O2 -DX='a b'")


def _write_baselines(folder: Path) -> None:
    code = GeneratedCode(64, "ab" * 32, {"f": SpillCode(1, 2, 3)})
    found = {"m": Baseline((Outcome("f", 2.0, 3),), code), "n": Failed("n", "timeout", "no end", 3)}
    write_baselines(folder, found)


def _write_records(folder: Path) -> None:
    write_started(folder / "vocab", "k")
    write_failure(
        folder / "vocab",
        StageFailure(error="e", exit_code=1, stopped=False, memory_mb=1, ended="now"),
    )
    write_manifest(
        folder / "vocab",
        Manifest(
            stage="vocab", key="k", images={"a": "b"}, image_ids={}, engine="e",
            argv=("x",), gin="", versions={}, seed=0, reads={}, writes={"a": "1"},
            sizes={"a": 1}, duration_s=1.5, created="now",
        ),
    )  # fmt: skip


def _write_weights(folder: Path) -> None:
    arrays = {"kernel": np.ones((3, 4)), "counts": np.ones(3, np.int32)}
    packed = weights_file.pack(weights_file.WeightsFile({"kind": "greedy"}, arrays))
    (folder / "weights.bin").write_bytes(packed)


def _read_weights(folder: Path) -> object:
    data = (folder / "weights.bin").read_bytes()
    # With its checksum put right, so that what is behind it is read as well.
    rest = data[weights_file.PRELUDE.size :]
    return weights_file.unpack(data), weights_file.unpack(
        data[:12] + struct.pack("<I", zlib.crc32(rest)) + data[16:]
    )


def _write_code(folder: Path) -> None:
    (folder / "object").write_bytes(make_object([64, 8]))
    (folder / "remarks").write_text(make_remark("f", 1, 2, 3))


def _file(name: str, content: bytes) -> Write:
    return lambda folder: (folder / name).write_bytes(content)


_EPISODES = [make_episode("f", 2), make_episode("g", 1)]
_SCORES = {
    "modules": {"m": [{"function": "f", "score": 1.5, "decisions": 2}]},
    "failures": [{"module": "n", "kind": "timeout", "detail": "no end"}],
}
READERS: dict[str, tuple[Write, Read]] = {
    "corpus": (_write_corpus, lambda f: (read_corpus(f), read_trained_programs(f))),
    "build": (_write_build, read_objects),
    "baselines": (_write_baselines, read_baselines),
    "counts": (
        lambda f: write_counts({"m": {"f": 3}}, f / "counts.json"),
        lambda f: read_counts(f / "counts.json"),
    ),
    "scores": (_file("default_scores.json", json.dumps(_SCORES).encode()), read_scores),
    "trained on": (lambda f: write_trained_on(f, ("lua",)), read_trained_on),
    "output spec": (lambda f: write_output_spec(f, "x", 0), find_flaw),
    "records": (
        _write_records,
        lambda f: [read(f / "vocab") for read in (read_manifest, read_started, read_failure)],
    ),
    "weights": (_write_weights, _read_weights),
    "bitcode": (
        _file("bc", unabbreviated("LLVM19.1.7")),
        lambda f: read_producer((f / "bc").read_bytes()),
    ),
    "log": (
        _file("log", make_log(_EPISODES)),
        lambda f: parse_log((f / "log").read_bytes(), "json-lines"),
    ),
    "old log": (
        _file("log", make_log(_EPISODES, "proto-struct")),
        lambda f: parse_log((f / "log").read_bytes(), "proto-struct"),
    ),
    "lock": (
        lambda f: (
            (f / "docker").mkdir(exist_ok=True),
            (f / "docker" / "images.lock").write_text("# x\npackage a 1\nbase b sha256:1\n"),
        ),
        read_lock,
    ),
    "program": (_file("program.toml", MINIMAL.encode()), read_program),
    "report": (
        lambda f: report.write(make_report(), f / "report.json"),
        lambda f: report.read(f / "report.json"),
    ),
    "programs": (
        lambda f: programs_result.write(
            make_programs(
                select_variants(["searched"]), [make_program("lua", {"run": {"searched": 0.9}})]
            ),
            f / "programs.json",
        ),
        lambda f: programs_result.read(f / "programs.json"),
    ),
}
# These say so by a ValueError, which whoever calls them turns into an error of ours.
LOW: dict[str, tuple[Write, Read]] = {
    "code": (_write_code, lambda f: read_code(f / "object", f / "remarks")),
    "model": (
        _file("model", model(HONEST, FUNCTIONS)),
        lambda f: find_forbidden((f / "model").read_bytes()),
    ),
}


def _places(content: object) -> list[tuple[dict | list, str | int]]:
    """Return each place in a JSON value: what holds it, and by what."""
    found: list[tuple[dict | list, str | int]] = []
    waiting = [content]
    while waiting:
        inner = waiting.pop()
        keys = list(inner) if isinstance(inner, dict) else range(len(inner))
        for key in keys:
            found.append((inner, key))
            if isinstance(inner[key], dict | list):
                waiting.append(inner[key])
    return found


def _change_value(data: bytes, rng: random.Random) -> bytes:
    content = copy.deepcopy(json.loads(data))
    places = _places(content)
    if not places:
        return json.dumps(rng.choice(ODD)).encode()
    holder, key = rng.choice(places)
    if rng.random() < 0.3:
        del holder[key]
    else:
        holder[key] = rng.choice(ODD)
    return json.dumps(content).encode()


def _change_bytes(data: bytes, rng: random.Random) -> bytes:
    changed = bytearray(data)
    for _ in range(rng.choice((1, 1, 2, 8))):
        at = rng.randrange(len(changed) + 1)
        match rng.randrange(5):
            case 0:
                changed[at : at + 1] = bytes([rng.randrange(256)])
            case 1:
                changed[at:at] = rng.randbytes(rng.randrange(1, 9))
            case 2:
                del changed[at : at + rng.randrange(1, 20)]
            case 3:
                changed[at : at + 4] = b"\xff\xff\xff\xff"
            case _:
                del changed[at:]
    return bytes(changed) if rng.random() < 0.97 else DEEP


@pytest.mark.parametrize("name", [*READERS, *LOW])
def test_damage_is_an_error_of_ours_and_ends(tmp_path, name):
    write, read = (READERS | LOW)[name]
    allowed = (RegallocError, ValueError) if name in LOW else RegallocError
    rng = random.Random(name)
    write(tmp_path)
    read(tmp_path)
    files = sorted(path for path in tmp_path.rglob("*") if path.is_file())
    whole = {path: path.read_bytes() for path in files}
    for number in range(ROUNDS):
        path = rng.choice(files)
        by_value = path.suffix == ".json" and rng.random() < 0.6
        path.write_bytes((_change_value if by_value else _change_bytes)(whole[path], rng))
        began = time.monotonic()
        try:
            read(tmp_path)
        except allowed:
            pass
        except Exception as error:
            kept = path.read_bytes()[:2000]
            raise AssertionError(f"round {number}: {path.name} as {kept!r}") from error
        assert time.monotonic() - began < SLOW_S
        path.write_bytes(whole[path])
