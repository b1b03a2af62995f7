from __future__ import annotations

from pathlib import Path

import pytest

from regalloc.cluster.parcel import pack_module, pack_policy
from regalloc.compiler.command_lines import Advice, compile_argv
from regalloc.formats.corpus import Module
from regalloc.formats.replays import Replay


def write(path: Path, content: bytes) -> Path:
    path.write_bytes(content)
    return path


@pytest.mark.parametrize(
    ("stands_in", "whole", "content", "only_code"),
    [
        ((), False, b"full", False),
        (("optimised",), False, b"optimised", True),
        (("optimised", "reduced"), False, b"reduced", True),
        (("optimised", "reduced"), True, b"optimised", True),
    ],
)
def test_a_module_is_sent_as_it_is_compiled(tmp_path, stands_in, whole, content, only_code):
    places = {name: write(tmp_path / f"{name}.bc", name.encode()) for name in stands_in}
    bitcode = write(tmp_path / "m.bc", b"full")
    module = Module("m", bitcode, ("-cc1", "-O2"), held_out=False, replay=Replay(**places))
    parcel = pack_module(module, whole)
    assert (parcel.bitcode, parcel.source) == (content, str(module.source(whole)))
    there = tmp_path / "there"
    there.mkdir()
    unpacked = parcel.unpack(there)
    assert unpacked.source(whole=False).read_bytes() == content
    assert unpacked.source(whole=True).read_bytes() == content
    argv = compile_argv(Path("/clang"), unpacked, Advice(Path("/log")))
    assert ("-disable-llvm-passes" in argv) == only_code


def test_a_module_that_is_gone_is_sent_as_no_bitcode(tmp_path):
    module = Module("m", tmp_path / "m.bc", ("-cc1",), held_out=False)
    assert pack_module(module, whole=False).bitcode == b""


def test_a_policy_is_sent_with_all_its_files(tmp_path):
    policy = tmp_path / "policy"
    (policy / "variables").mkdir(parents=True)
    files = {"saved_model.pb": b"graph", "variables/variables.index": b"\0"}
    for name, content in files.items():
        (policy / name).write_bytes(content)
    parcel = pack_policy(policy)
    assert (parcel.source, parcel.files) == (str(policy), files)
    there = parcel.unpack(tmp_path / "node")
    assert {name: (there / name).read_bytes() for name in files} == files


@pytest.mark.parametrize("optimised", [False, True])
def test_a_module_is_sent_with_the_profile_of_its_code(tmp_path, optimised):
    bitcode = write(tmp_path / "m.bc", b"bitcode")
    profile = write(tmp_path / "p.profdata", b"counts")
    replay = Replay(optimised=bitcode if optimised else None)
    module = Module("m", tmp_path / "m.bc", ("-cc1",), False, replay, profile)
    there = tmp_path / "there"
    there.mkdir()
    unpacked = pack_module(module, whole=False).unpack(there)
    assert unpacked.profile is not None
    assert unpacked.profile.parent == there
    assert unpacked.profile.read_bytes() == b"counts"
    profile.unlink()
    assert pack_module(module, whole=False).profile == b""
