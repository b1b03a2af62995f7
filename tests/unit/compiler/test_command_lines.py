from dataclasses import replace
from pathlib import Path

import pytest

from regalloc.compiler.command_lines import (
    Advice,
    Products,
    compile_argv,
    optimise_argv,
    reduce_argv,
    replay_flags,
)
from regalloc.formats.corpus import Module
from regalloc.formats.replays import Replay

CMD = (
    "-cc1", "-triple", "x86_64-pc-linux-gnu", "-emit-obj", "-main-file-name", "x.c",
    "-mrelocation-model", "pic", "-dependency-file", "x.d", "-MT", "x.o", "-sys-header-deps",
    "-D", 'NAME="a b"', "-O2", "-fembed-bitcode=all", "-faddrsig",
)  # fmt: skip
KEPT = (
    "-triple", "x86_64-pc-linux-gnu", "-main-file-name", "x.c", "-mrelocation-model", "pic",
    "-D", 'NAME="a b"', "-O2", "-faddrsig",
)  # fmt: skip
DECIDE_ONLY = ("-emit-codegen-only", "-mllvm", "-stop-before=stack-slot-coloring")
TAIL = ("-x", "ir", "/c/x.bc", *DECIDE_ONLY)
MODULE = Module("x", Path("/c/x.bc"), CMD, False)


@pytest.mark.parametrize(
    ("policy", "model"), [(None, ()), (Path("/p"), ("-mllvm", "-regalloc-model=/p"))]
)
def test_compile_is_one_cc1_from_bitcode_to_the_end_of_register_allocation(policy, model):
    assert compile_argv(Path("/opt/llvm/bin/clang"), MODULE, Advice(Path("/t/log"), policy)) == (
        "/opt/llvm/bin/clang",
        "-cc1",
        *KEPT,
        "-mllvm",
        "-regalloc-enable-advisor=development",
        "-mllvm",
        "-regalloc-training-log=/t/log",
        *model,
        *TAIL,
    )


def test_object_and_remarks_are_written_where_that_is_asked_for():
    argv = compile_argv(
        Path("/clang"), MODULE, Advice(Path("/t/log")), Products(Path("/t/o"), Path("/t/r"))
    )
    assert argv[-9:] == (
        "-emit-obj", "-o", "/t/o", "-opt-record-file", "/t/r", "-opt-record-passes", "regalloc",
        "-opt-record-format", "yaml",
    )  # fmt: skip


def test_optimised_bitcode_goes_through_code_generation_alone():
    replay = Replay(Path("/c/x.opt.bc"), Path("/c/x.reduced.bc"))
    module = replace(MODULE, replay=replay)
    argv = compile_argv(Path("/clang"), module, Advice(Path("/t/log")))
    assert argv[-7:] == ("-disable-llvm-passes", "-x", "ir", "/c/x.reduced.bc", *DECIDE_ONLY)
    argv = compile_argv(
        Path("/clang"), module, Advice(Path("/t/log")), Products(Path("/t/o"), Path("/t/r"))
    )
    assert argv[argv.index("ir") + 1] == "/c/x.opt.bc"


def test_optimising_keeps_the_order_of_uses():
    assert optimise_argv(Path("/clang"), MODULE, Path("/c/x.opt.bc")) == (
        "/clang", "-cc1", *KEPT, "-emit-llvm-bc", "-emit-llvm-uselists", "-x", "ir", "/c/x.bc",
        "-o", "/c/x.opt.bc",
    )  # fmt: skip
    assert reduce_argv(Path("/opt"), Path("/t/m.bc"), Path("/c/x.reduced.bc")) == (
        "/opt", "-passes=elim-avail-extern", "-preserve-bc-uselistorder", "/t/m.bc",
        "-o", "/c/x.reduced.bc",
    )  # fmt: skip


@pytest.mark.parametrize(
    ("cmd", "kept"),
    [
        (("-O2", "-x", "c++", "-o", "a.o"), ("-O2",)),
        (("-S", "-O2", "-fembed-bitcode"), ("-O2",)),
        (("-split-dwarf-output", "a.dwo", "-split-dwarf-file", "a.dwo", "-O1"), ("-O1",)),
        (("-mllvm", "-regalloc-enable-advisor=release", "-mllvm", "-inline-threshold=3"),
         ("-mllvm", "-inline-threshold=3")),
        (("-fprofile-instrument-use-path=/p.profdata", "-O2"), ("-O2",)),
        (("-stats-file=a", "-ftime-trace=b", "-O3"), ("-O3",)),
        (("-mllvm", "-tfutils-text-log", "-O2"), ("-O2",)),
        (("-fcolor-diagnostics", "-O2"), ("-O2",)),
        (("-I", "caf\udce9"), ("-I", "caf\udce9")),
        (("-o",), ()),
    ],
)  # fmt: skip
def test_replay_drops_what_writes_files(cmd, kept):
    assert replay_flags(cmd) == kept


def test_a_profile_of_the_code_takes_the_place_of_what_the_build_named():
    cmd = (*CMD, "-mllvm", "-regalloc-profile-use=profiles/a.profdata")
    plain = compile_argv(Path("/clang"), MODULE, None)
    module = replace(MODULE, cmd=cmd, profile=Path("/c/profiles/a.profdata"))
    assert compile_argv(Path("/clang"), module, None) == (
        *plain[: 2 + len(KEPT)],
        "-mllvm",
        "-regalloc-profile-use=/c/profiles/a.profdata",
        *plain[2 + len(KEPT) :],
    )
    assert replay_flags((*cmd, "-mllvm", "-regalloc-profile-infer=0"))[-2:] == (
        "-mllvm",
        "-regalloc-profile-infer=0",
    )
