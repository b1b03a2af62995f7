"""Several rollouts by one compile: each logs what a compile of its own does, to the last bit."""

from __future__ import annotations

import os
import subprocess

import numpy as np
import pytest

from regalloc.compiler.command_lines import Advice
from regalloc.compiler.processes import ROLLOUTS
from regalloc.formats.logs import read_log
from regalloc.rl.export import policy_writer
from tests.rl.mask_policy import TOOLCHAIN, needs_our_evaluator, save

pytestmark = needs_our_evaluator

SIZES = (20, 0, 48, 31, 120)
"""Values that live at once in each function; the second needs no eviction."""


def pressure(number: int, values: int) -> str:
    """Return a function with values that live across calls, a loop, and more of them."""
    loads = [f"  %v{i} = call i64 @take()" for i in range(values)]
    uses = [f"  call void @give(i64 %v{i})" for i in range(values)]
    later = [f"  call void @give(i64 %v{i})" for i in range(0, values, 3)]
    return "\n".join([
        f"define void @f{number}(i64 %n) {{", "entry:", *loads, "  br label %loop", "loop:",
        "  %i = phi i64 [ 0, %entry ], [ %next, %loop ]", *uses,
        "  %next = add i64 %i, 1", "  %again = icmp ult i64 %next, %n",
        "  br i1 %again, label %loop, label %end", "end:", *later, "  ret void", "}", "",
    ])  # fmt: skip


@pytest.fixture
def source(tmp_path):
    path = tmp_path / "in.ll"
    head = "declare i64 @take()\ndeclare void @give(i64)\n"
    path.write_text(head + "".join(pressure(i, size) for i, size in enumerate(SIZES)))
    return path


@pytest.fixture
def policies(tmp_path, encoder, weights):
    """Policies that draw from the same distribution, one that draws from another, a greedy one."""
    made = [tmp_path / f"policy{number}" for number in range(5)]
    for number, folder in enumerate(made[:3]):
        policy_writer.export_sampling(folder, encoder, weights, -7 + number)
    policy_writer.export_random(made[3], 11)
    policy_writer.export_greedy(made[4], encoder, weights)
    return made


def run_clang(source, folder, policies, environment=ROLLOUTS):
    """Return how a compile under some policies ended, and their logs."""
    folder.mkdir()
    advice = [Advice(folder / f"log{n}", folder / p) for n, p in enumerate(policies)]
    beside = [flag for other in advice[1:] for flag in other.flags_beside()]
    run = run_beside(source, folder / "out.o", [*advice[0].flags(), *beside], environment)
    return run, [one.log for one in advice]


def run_beside(source, target, flags, environment=ROLLOUTS):
    argv = [TOOLCHAIN.clang, "-cc1", "-O2", "-w", "-emit-obj", *flags, "-x", "ir", source]
    return subprocess.run(
        [str(arg) for arg in (*argv, "-o", target)],
        capture_output=True,
        text=True,
        check=False,
        env={**os.environ, **environment},
    )


def flatten(log):
    episodes = read_log(log, TOOLCHAIN.release.log_format)
    assert [e.function for e in episodes] == ["f0", "f2", "f3", "f4"]
    return [
        (e.function, e.score, e.actions.tobytes(), *map(np.ndarray.tobytes, tensors(e)))
        for e in episodes
    ]


def tensors(episode):
    return [episode.observations[name] for name in sorted(episode.observations)]


def test_each_rollout_is_what_its_own_compile_is(source, policies, tmp_path):
    run, together = run_clang(source, tmp_path / "together", policies)
    assert (run.returncode, run.stderr) == (0, "")
    for number, folder in enumerate(policies):
        run, (log,) = run_clang(source, tmp_path / f"alone{number}", [folder], {})
        assert (run.returncode, run.stderr) == (0, "")
        assert flatten(together[number]) == flatten(log), number
        if number == 0:
            # The compile goes on with its own rollout, and what it writes is that one's.
            objects = [tmp_path / name / "out.o" for name in ("together", "alone0")]
            assert objects[0].read_bytes() == objects[1].read_bytes()
    assert len({str(flatten(log)) for log in together}) == len(policies)


def test_order_and_number_of_rollouts_do_not_matter(source, policies, tmp_path):
    _, logs = run_clang(source, tmp_path / "a", policies)
    _, turned = run_clang(source, tmp_path / "b", policies[::-1])
    _, two = run_clang(source, tmp_path / "c", policies[1:3])
    assert [flatten(log) for log in logs] == [flatten(log) for log in turned[::-1]]
    assert [flatten(log) for log in two] == [flatten(log) for log in logs[1:3]]


def test_the_same_rollouts_are_made_again_and_again(source, policies, tmp_path):
    found = set()
    for number in range(20):
        run, logs = run_clang(source, tmp_path / str(number), policies[:4])
        assert run.returncode == 0, run.stderr
        found.add(tuple(log.read_bytes() for log in logs))
    assert len(found) == 1


def refusal(run):
    """Return the one line that a compile ends with."""
    assert run.returncode == 1
    (line,) = run.stderr.splitlines()
    return line.removeprefix("error: regalloc policy: ")


def test_a_heap_in_pieces_is_refused(source, policies, tmp_path):
    environment = {"GLIBC_TUNABLES": ""}
    run, _ = run_clang(source, tmp_path / "a", policies[:2], environment)
    assert refusal(run) == "several rollouts need GLIBC_TUNABLES=glibc.malloc.mmap_max=0"


def test_a_rollout_needs_a_policy_of_our_export(source, policies, tmp_path):
    other = save(tmp_path / "mask")
    run, _ = run_clang(source, tmp_path / "a", [policies[0], other])
    assert refusal(run) == f"cannot read {other}/weights.bin: No such file or directory"


def test_a_rollouts_log_that_cannot_be_written_is_named(source, policies, tmp_path):
    own, other = Advice(tmp_path / "log", policies[0]), Advice(tmp_path, policies[1])
    run = run_beside(source, tmp_path / "out.o", [*own.flags(), *other.flags_beside()])
    assert refusal(run) == f"cannot write {tmp_path}: Is a directory"


def test_a_model_without_a_log_is_refused(source, policies, tmp_path):
    flags = [*Advice(tmp_path / "log", policies[0]).flags(), "-mllvm"]
    flags.append(f"-regalloc-rollout-model={policies[1]}")
    assert refusal(run_beside(source, tmp_path / "out.o", flags)) == (
        "1 -regalloc-rollout-model and 0 -regalloc-rollout-log, and each needs the other"
    )


def test_tensorflow_makes_one_at_a_time(source, policies, tmp_path):
    environment = {**ROLLOUTS, "REGALLOC_EVALUATOR": "tensorflow"}
    run, _ = run_clang(source, tmp_path / "a", policies[:2], environment)
    assert refusal(run) == "several rollouts are made by the native evaluator alone"
