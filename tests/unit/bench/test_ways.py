from dataclasses import replace
from pathlib import Path

import pytest

from regalloc.bench.turns import compare_decisions, describe_compiles, measure_compiles
from regalloc.bench.ways import Ways, floor_argv, upstream_argv
from regalloc.compiler.command_lines import Advice
from regalloc.compiler.toolchain import Toolchain
from regalloc.errors import CompileError
from regalloc.formats.compile_results import Compiled
from regalloc.formats.corpus import Module
from regalloc.formats.replays import Replay
from regalloc.releases import find_release
from tests.unit.compiler.fakes import (
    LIMITS,
    logging_module,
    make_episode,
    make_module,
    make_toolchain,
)

REPORT = (
    "echo '===---===\nPass execution timing report\n===---===' >&2;"
    "echo '   ---User Time---  --- Name ---' >&2;"
    "echo '   0.5000 (100.0%)  Greedy Register Allocator' >&2"
)
CLANG = Toolchain(Path("/opt/llvm"), find_release(19))
MODULE = Module("x.o", Path("/c/x.bc"), ("-cc1", "-O2", "-o", "x.o"), False)
REDUCED = replace(MODULE, replay=Replay(Path("/c/x.optimised"), Path("/c/x.reduced")))


@pytest.fixture
def ways(tmp_path):
    policies = (tmp_path / "ours", tmp_path / "theirs")
    for policy in policies:
        policy.mkdir()
    rollouts = (policies[0], tmp_path / "drawing")
    return Ways(make_toolchain(tmp_path / "llvm"), LIMITS, *policies, rollouts)


def timed(module):
    """Return a module whose compile tells its times as well."""
    module.bitcode.write_bytes(module.bitcode.read_bytes() + f"; {REPORT}".encode())
    return module


def test_upstream_runs_the_whole_pipeline_and_writes_an_object():
    argv = upstream_argv(CLANG, REDUCED, Advice(Path("/t/log"), Path("/p")), Path("/t/object"))
    assert argv[-6:] == ("-x", "ir", "/c/x.bc", "-emit-obj", "-o", "/t/object")
    assert "-regalloc-model=/p" in argv
    assert "-disable-llvm-passes" not in argv


def test_floor_compiles_what_ours_does_without_an_advisor():
    assert floor_argv(CLANG, REDUCED) == (
        "/opt/llvm/bin/clang", "-cc1", "-O2", "-disable-llvm-passes", "-x", "ir",
        "/c/x.reduced", "-emit-codegen-only", "-mllvm", "-stop-before=stack-slot-coloring",
        "-ftime-report",
    )  # fmt: skip
    assert "-disable-llvm-passes" not in floor_argv(CLANG, MODULE)


def test_ways_take_turns_and_are_compared_once(ways, tmp_path):
    modules = [
        timed(logging_module(tmp_path, "a.o", [make_episode("f", 3), make_episode("g", 2)])),
        timed(logging_module(tmp_path, "b.o", [make_episode("h", 1)])),
    ]
    advanced = []
    sums = measure_compiles(ways, modules, 2, lambda: advanced.append(1))
    found = describe_compiles(sums, modules, 2, {"ours": 50.0})
    assert len(advanced) == 4
    assert [(cost.way, cost.compiles, cost.decisions) for cost in found.costs] == [
        ("upstream", 4, 12),
        ("tensorflow", 2, 6),
        ("alone", 4, 12),
        ("ours", 8, 24),
        ("floor", 4, 12),
    ]
    assert found.cost("floor").cpu_s == pytest.approx(2.0)
    assert found.passes_s == {"Greedy Register Allocator": 2.0}
    assert (found.cost("ours").peak_mb, found.cost("floor").peak_mb) == (50.0, None)
    assert found.rollouts == 2
    assert (found.differing, found.upstream_decisions, found.upstream_equal) == ({}, 6, 6)
    assert all(cost.cpu_s > 0 for cost in found.costs)


def test_what_tensorflow_decides_otherwise_is_named(ways, tmp_path):
    one, other = tmp_path / "one.canned", tmp_path / "other.canned"
    logging_module(tmp_path, "one", [make_episode("f", 3)])
    logging_module(tmp_path, "other", [make_episode("f", 2)])
    script = f'if test "$REGALLOC_EVALUATOR"; then cp {one} $log; else cp {other} $log; fi'
    module = timed(make_module(tmp_path, "a.o", script))
    sums = measure_compiles(ways, [module], 1, lambda: None)
    assert list(sums.differing) == ["a.o"]
    assert sums.differing["a.o"].endswith("in f")


def test_decisions_are_equal_up_to_the_first_that_is_not():
    def compiled(*episodes):
        return Compiled("a.o", episodes, 0.0, 0.0)

    f, g = make_episode("f", 5), make_episode("g", 2)
    actions = f.actions.copy()
    actions[2] += 1
    assert compare_decisions(compiled(f, g), compiled(f, g)) == (7, 7)
    assert compare_decisions(compiled(replace(f, actions=actions)), compiled(f, g)) == (5, 2)
    assert compare_decisions(compiled(make_episode("other", 3)), compiled(f)) == (0, 0)


@pytest.mark.parametrize(
    ("script", "brief"),
    [
        ("exit 3", "a.o does not compile upstream's way: exit"),
        ("echo rubbish >$log", "a.o does not compile upstream's way: bad_log"),
    ],
)
def test_a_compile_that_fails_ends_the_benchmark(ways, tmp_path, script, brief):
    with pytest.raises(CompileError) as caught:
        ways.compile_upstream(make_module(tmp_path, "a.o", script))
    assert caught.value.brief == brief


def test_a_floor_without_times_is_refused(ways, tmp_path):
    module = make_module(tmp_path, "a.o", "true")
    with pytest.raises(CompileError) as caught:
        ways.measure_passes_s(module)
    assert caught.value.brief == "a.o does not compile the floor: exit"
    assert caught.value.details == "no time of Greedy Register Allocator is told"
