from dataclasses import replace
from pathlib import Path

import pytest

from regalloc.compiler.command_lines import Advice, compile_argv
from regalloc.compiler.pool import compile_all
from regalloc.compiler.rollouts import compile_group, group_requests
from regalloc.formats.compile_results import Compiled, Failed
from regalloc.formats.corpus import Module
from tests.unit.compiler.fakes import LIMITS, flatten, make_episode, make_log, make_toolchain
from tests.unit.compiler.fakes import make_module as make


@pytest.fixture
def toolchain(tmp_path):
    return make_toolchain(tmp_path / "llvm")


@pytest.fixture
def policies(tmp_path):
    """Policies under which a function has as many decisions as their number says."""
    made = []
    for number in (1, 2, 3):
        folder = tmp_path / f"policy{number}"
        folder.mkdir()
        (folder / "log").write_bytes(make_log([make_episode("f", number)]))
        made.append(folder)
    return made


def counting(tmp_path, name="m", then="cp $policy/log $log"):
    """Return a module that counts the compilers that are started on it."""
    count = f"case $seen in yes) ;; *) echo x >>{tmp_path}/starts; seen=yes ;; esac"
    return make(tmp_path, name, f"{count}; {then}")


def starts(tmp_path) -> int:
    path = tmp_path / "starts"
    return len(path.read_text().splitlines()) if path.exists() else 0


def decisions(results):
    return [[episode.decisions for episode in result.episodes] for result in results]


def test_rollouts_of_a_module_are_one_compile(toolchain, policies, tmp_path):
    module = counting(tmp_path)
    results = compile_group(toolchain, module, policies, LIMITS)
    assert starts(tmp_path) == 1
    assert decisions(results) == [[1], [2], [3]]
    alone = [compile_group(toolchain, module, [policy], LIMITS)[0] for policy in policies]
    assert starts(tmp_path) == 4
    assert [flatten(r.episodes) for r in results] == [flatten(r.episodes) for r in alone]


def test_their_time_is_shared_out(toolchain, policies, tmp_path):
    results = compile_group(toolchain, counting(tmp_path, then="sleep 0.1"), policies, LIMITS)
    assert len({(result.wall_s, result.user_s) for result in results}) == 1
    assert 0.1 <= results[0].wall_s < 5


def test_a_compiler_with_llvms_evaluator_makes_one_at_a_time(policies, tmp_path):
    toolchain = make_toolchain(tmp_path / "other", rollouts=False)
    results = compile_group(toolchain, counting(tmp_path), policies, LIMITS)
    assert (starts(tmp_path), decisions(results)) == (3, [[1], [2], [3]])


def test_the_default_heuristic_is_compiled_alone(toolchain, policies, tmp_path):
    script = f"cp ${{policy:-{policies[2]}}}/log $log"
    module = counting(tmp_path, then=script)
    results = compile_group(toolchain, module, [None, *policies[:2]], LIMITS)
    assert (starts(tmp_path), decisions(results)) == (3, [[3], [1], [2]])


def test_one_that_fails_does_not_cost_the_others(toolchain, policies, tmp_path):
    (policies[1] / "log").unlink()
    limits = replace(LIMITS, attempts=2)
    script = "cp $policy/log $log || { echo error: no log >&2; exit 1; }"
    results = compile_group(toolchain, counting(tmp_path, then=script), policies, limits)
    assert isinstance(results[1], Failed)
    assert (results[1].kind, results[1].attempts) == ("exit", 2)
    assert decisions([results[0], results[2]]) == [[1], [3]]
    assert starts(tmp_path) == 1 + 1 + 2 + 1


def test_one_that_decides_illegally_is_the_only_one_to_fail(toolchain, policies, tmp_path):
    bad = make_episode("f", 2)
    bad.observations["mask"][:] = 0
    (policies[0] / "log").write_bytes(make_log([bad]))
    results = compile_group(toolchain, counting(tmp_path), policies, LIMITS)
    assert (results[0].kind, results[0].attempts) == ("bad_policy", 1)
    assert decisions(results[1:]) == [[2], [3]]


def test_requests_are_grouped_where_they_follow_each_other(tmp_path):
    a, b = (Module(name, Path(name), ("-cc1",), False) for name in "ab")
    one, two = Path("one"), Path("two")
    requests = [(a, None), (a, None), (a, one), (a, two), (b, one), (a, one)]
    assert group_requests(requests, measure_code=False) == [[0], [1], [2, 3], [4], [5]]
    assert group_requests(requests, measure_code=True) == [[0], [1], [2], [3], [4], [5]]
    assert group_requests([], measure_code=False) == []


def test_the_pool_returns_a_result_for_each_request(toolchain, policies, tmp_path):
    modules = [counting(tmp_path, name) for name in ("m", "n")]
    requests = [(module, policy) for module in modules for policy in policies]
    calls = []
    results = compile_all(toolchain, requests, LIMITS, 2, lambda: calls.append(1))
    assert [result.module for result in results] == ["m"] * 3 + ["n"] * 3
    assert decisions(results) == [[1], [2], [3]] * 2
    assert (starts(tmp_path), len(calls)) == (2, 6)
    assert all(isinstance(result, Compiled) for result in results)


def test_each_rollout_has_its_model_and_log():
    module = Module("m", Path("/c/m.bc"), ("-cc1", "-mllvm", "-regalloc-rollout-log=/x"), False)
    first, second = (Advice(Path(f"/t/{n}"), Path(f"/p/{n}")) for n in (0, 1))
    argv = compile_argv(Path("/clang"), module, first, beside=[second])
    assert argv[2:14] == (
        "-mllvm", "-regalloc-enable-advisor=development", "-mllvm", "-regalloc-training-log=/t/0",
        "-mllvm", "-regalloc-model=/p/0", "-mllvm", "-regalloc-rollout-log=/t/1",
        "-mllvm", "-regalloc-rollout-model=/p/1", "-x", "ir",
    )  # fmt: skip
    with pytest.raises(ValueError, match="a rollout needs a policy"):
        compile_argv(Path("/clang"), module, first, beside=[Advice(Path("/t/2"))])
