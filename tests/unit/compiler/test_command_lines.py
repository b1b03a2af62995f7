from dataclasses import replace
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from regalloc.compiler import known_arguments as known
from regalloc.compiler.command_lines import (
    Advice,
    Arguments,
    Products,
    compile_argv,
    optimise_argv,
    reduce_argv,
    replay_flags,
    sort_arguments,
)
from regalloc.formats.corpus import Module
from regalloc.formats.replays import Replay

CMD = (
    "-cc1", "-triple", "x86_64-pc-linux-gnu", "-emit-obj", "-main-file-name", "x.c",
    "-mrelocation-model", "pic", "-dependency-file", "x.d", "-MT", "x.o", "-sys-header-deps",
    "-D", 'NAME="a b"', "-O2", "-fembed-bitcode=all", "-faddrsig",
)  # fmt: skip
KEPT = (
    "-triple", "x86_64-pc-linux-gnu", "-mrelocation-model", "pic", "-O2", "-faddrsig",
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
    replay = Replay(Path("/c/x.optimised"), Path("/c/x.reduced"))
    module = replace(MODULE, replay=replay)
    argv = compile_argv(Path("/clang"), module, Advice(Path("/t/log")))
    assert argv[-7:] == ("-disable-llvm-passes", "-x", "ir", "/c/x.reduced", *DECIDE_ONLY)
    argv = compile_argv(
        Path("/clang"), module, Advice(Path("/t/log")), Products(Path("/t/o"), Path("/t/r"))
    )
    assert argv[argv.index("ir") + 1] == "/c/x.optimised"


def test_optimising_keeps_the_order_of_uses():
    assert optimise_argv(Path("/clang"), MODULE, Path("/c/x.optimised")) == (
        "/clang", "-cc1", *KEPT, "-emit-llvm-bc", "-emit-llvm-uselists", "-x", "ir", "/c/x.bc",
        "-o", "/c/x.optimised",
    )  # fmt: skip
    assert reduce_argv(Path("/opt"), Path("/t/m.bc"), Path("/c/x.reduced")) == (
        "/opt", "-passes=elim-avail-extern", "-preserve-bc-uselistorder", "/t/m.bc",
        "-o", "/c/x.reduced",
    )  # fmt: skip


@pytest.mark.parametrize(
    ("cmd", "kept"),
    [
        (("-O2", "-x", "c++", "-o", "a.o"), ("-O2",)),
        (("-S", "-O2", "-fembed-bitcode=all"), ("-O2",)),
        (("-split-dwarf-output", "a.dwo", "-split-dwarf-file", "a.dwo", "-O1"), ("-O1",)),
        (("-mllvm", "-regalloc-enable-advisor=release", "-mllvm", "-inline-threshold=3"),
         ("-mllvm", "-inline-threshold=3")),
        (("-fprofile-instrument-use-path=/p.profdata", "-O2"), ("-O2",)),
        (("-stats-file=a", "-ftime-trace=b", "-O3"), ("-O3",)),
        (("-mllvm", "-tfutils-text-log", "-O2"), ("-O2",)),
        (("-fcolor-diagnostics", "-O2"), ("-O2",)),
        (("-I", "caf\udce9", "-D", "-O0", "-Wall", "-DX=1"), ()),
        (("-fsanitize=address,undefined", "-fno-builtin-memcpy", "-target-feature", "-sse4a"),
         ("-fsanitize=address,undefined", "-fno-builtin-memcpy", "-target-feature", "-sse4a")),
        (("-o",), ()),
    ],
)  # fmt: skip
def test_replay_keeps_what_generates_code_and_leaves_out_what_is_done(cmd, kept):
    assert sort_arguments(cmd) == Arguments(kept)


@pytest.mark.parametrize(
    ("cmd", "unknown"),
    [
        (("-load", "/c/x.so"), ("-load",)),
        (("-load", "x.so", "y.so"), ("-load", "a file")),
        (("-fpass-plugin=x.so",), ("-fpass-plugin",)),
        (("-plugin", "x", "-plugin-arg-x", "-load"), ("-plugin", "-plugin-arg-x", "-load")),
        (("@/etc/passwd",), ("a response file",)),
        (("a.bc",), ("a file",)),
        (("-mllvm", "-load=/c/x.so"), ("-mllvm -load",)),
        (("-mllvm", "--exec-on-ir-change=/c/x"), ("-mllvm --exec-on-ir-change",)),
        (("-mllvm", "-x86-lvi-load-opt-plugin=x.so"), ("-mllvm -x86-lvi-load-opt-plugin",)),
        (("-mllvm", "-info-output-file=x"), ("-mllvm -info-output-file",)),
        (("-mllvm", "@x"), ("-mllvm a response file",)),
        (("-mllvm", "-inline-threshold=/etc/passwd"), ("-mllvm -inline-threshold",)),
        (("-mllvm", "-inline-threshold"), ("-mllvm -inline-threshold",)),
        (("-mllvm",), ("-mllvm",)),
        (("-basic-block-sections=list=/c/x",), ("-basic-block-sections",)),
        (("-fbasic-block-sections=list=x.txt",), ("-fbasic-block-sections",)),
        (("-fsanitize-coverage-ignorelist=/etc/passwd",), ("-fsanitize-coverage-ignorelist",)),
        (("-fprofile-sample-use=a.prof",), ("-fprofile-sample-use",)),
        (("-fthinlto-index=a.index",), ("-fthinlto-index",)),
        (("-mlink-builtin-bitcode", "/c/x.bc"), ("-mlink-builtin-bitcode",)),
        (("-target-cpu", "../x"), ("-target-cpu",)),
        (("-target-cpu", "-O3"), ("-target-cpu",)),
        (("-target-cpu",), ("-target-cpu",)),
        (("-O9",), ("-O9",)),
        (("-\x1b[31m:fire:" + "x" * 99,), ("-?[31m:fire:" + "x" * 48,)),
    ],
)  # fmt: skip
def test_what_is_not_known_is_left_out_and_named(cmd, unknown):
    assert sort_arguments(("-O1", *cmd)) == Arguments(("-O1",), unknown)


_NAMES = sorted(
    known.ALONE | known.JOINED.keys() | known.SEPARATE.keys() | known.FRONT_END_SEPARATE
    | {"-mllvm", "-load", "@", "-", "--", ""}
    | {f"-{name}=" for name in known.LLVM_OPTIONS}
)  # fmt: skip
_ARGUMENTS = st.builds(
    str.__add__, st.sampled_from(_NAMES), st.one_of(st.just(""), st.text(max_size=20))
)


@given(st.lists(st.one_of(_ARGUMENTS, st.text(max_size=20)), max_size=12).map(tuple))
def test_no_command_line_keeps_the_name_of_a_file(cmd):
    found = sort_arguments(cmd)
    assert not any("/" in arg or "\\" in arg or arg.startswith("@") for arg in found.kept)
    assert all(name.isascii() and name.isprintable() for name in found.unknown)
    # What is kept is the same in whichever order stages sort it out again.
    assert sort_arguments(found.kept) == Arguments(found.kept)


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
