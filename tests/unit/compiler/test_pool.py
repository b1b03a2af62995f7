import os
import threading
import time
from dataclasses import replace

import pytest

from regalloc.compiler.pool import compile_all, count_kinds
from regalloc.errors import DiskError
from regalloc.formats.compile_results import Compiled, Failed
from regalloc.formats.replays import Replay
from tests.unit.compiler.fakes import (
    LIMITS,
    flatten,
    logging_module,
    make_episode,
    make_module,
    make_toolchain,
)


@pytest.fixture
def toolchain(tmp_path):
    return make_toolchain(tmp_path / "llvm")


def summarise(results):
    return [(r.module, flatten(r.episodes)) if isinstance(r, Compiled) else r for r in results]


def test_results_do_not_depend_on_jobs(toolchain, tmp_path):
    modules = [logging_module(tmp_path, f"m{i}", [make_episode(f"f{i}", i + 1)]) for i in range(6)]
    modules.insert(2, make_module(tmp_path, "slow", "sleep 0.3"))
    modules.insert(4, make_module(tmp_path, "bad", "exit 1"))
    requests = [(module, None) for module in modules]
    one, four = (summarise(compile_all(toolchain, requests, LIMITS, jobs)) for jobs in (1, 4))
    assert one == four
    assert [r.module if isinstance(r, Failed) else r[0] for r in one] == [m.name for m in modules]


def test_advance_is_called_once_per_request(toolchain, tmp_path):
    calls = []
    requests = [(make_module(tmp_path, f"m{i}", "true"), None) for i in range(5)]
    compile_all(toolchain, requests, LIMITS, 2, lambda: calls.append(threading.current_thread()))
    assert calls == [threading.main_thread()] * 5


def test_no_request_gives_no_result(toolchain):
    assert compile_all(toolchain, [], LIMITS, 2) == []


def test_failure_is_tried_again(toolchain, tmp_path):
    script = f"echo x >>{tmp_path}/tries; test $(wc -l <{tmp_path}/tries) -ge 3"
    (result,) = compile_all(toolchain, [(make_module(tmp_path, "m", script), None)], LIMITS, 1)
    assert isinstance(result, Compiled)


@pytest.mark.parametrize("signal", ["KILL", "SEGV"])
def test_what_was_killed_is_tried_again_alone(toolchain, tmp_path, signal):
    """Each compile counts those that run beside it; the killed one's second try sees none."""
    beside = f"mkdir -p {tmp_path}/now; touch {tmp_path}/now/$$"
    gone = f"rm {tmp_path}/now/$$"
    killed = (
        f"{beside}; echo $(ls {tmp_path}/now | wc -l) >>{tmp_path}/tries\n"
        f"sleep 0.2; if test $(wc -l <{tmp_path}/tries) -lt 2; then {gone}; kill -{signal} $$; fi\n"
        f"{gone}"
    )
    modules = [make_module(tmp_path, "killed", killed)]
    modules += [make_module(tmp_path, f"m{i}", f"{beside}; sleep 0.1; {gone}") for i in range(9)]
    results = compile_all(toolchain, [(module, None) for module in modules], LIMITS, 3)
    assert not [result for result in results if isinstance(result, Failed)]
    assert (tmp_path / "tries").read_text().split()[1] == "1"


def test_what_took_too_long_is_given_more_time_once(toolchain, tmp_path):
    script = f"echo x >>{tmp_path}/tries; sleep 0.9"
    limits = replace(LIMITS, wall_s=0.5)
    (result,) = compile_all(toolchain, [(make_module(tmp_path, "m", script), None)], limits, 1)
    assert isinstance(result, Compiled)
    module = make_module(tmp_path, "n", f"echo x >>{tmp_path}/more; sleep 9")
    (result,) = compile_all(toolchain, [(module, None)], replace(limits, attempts=5), 1)
    assert result == Failed("n", "timeout", "no end after 1.5 s", 2)
    assert (tmp_path / "more").read_text() == "x\n" * 2


@pytest.mark.parametrize("attempts", [1, 3])
def test_constant_failure_is_quarantined_after_its_attempts(toolchain, tmp_path, attempts):
    module = make_module(tmp_path, "m", f"echo x >>{tmp_path}/tries; exit 2")
    limits = replace(LIMITS, attempts=attempts)
    assert compile_all(toolchain, [(module, None)], limits, 2) == [
        Failed("m", "exit", "exit code 2", attempts)
    ]
    assert (tmp_path / "tries").read_text() == "x\n" * attempts


def test_bad_module_is_not_tried_again(toolchain, tmp_path):
    module = make_module(tmp_path, "m", "true")
    module.bitcode.write_bytes(b"garbage")
    (result,) = compile_all(toolchain, [(module, None)], LIMITS, 1)
    assert (result.kind, result.attempts) == ("bad_module", 1)


@pytest.mark.parametrize("error", [KeyboardInterrupt, RuntimeError])
def test_interrupt_kills_running_compiles(toolchain, tmp_path, error):
    def stop():
        raise error

    quick = make_module(tmp_path, "quick", "true")
    slow = make_module(tmp_path, "slow", f"echo $$ >{tmp_path}/pid; sleep 60")
    later = make_module(tmp_path, "later", f"echo x >{tmp_path}/later")
    start = time.monotonic()
    with pytest.raises(error):
        compile_all(
            toolchain, [(quick, None), (slow, None), (slow, None), (later, None)], LIMITS, 2, stop
        )
    assert time.monotonic() - start < 10
    assert not (tmp_path / "later").exists()
    if (tmp_path / "pid").exists() and (pid := (tmp_path / "pid").read_text()):
        with pytest.raises(ProcessLookupError):
            os.kill(int(pid), 0)


def test_full_disk_ends_all(toolchain, tmp_path):
    full = make_module(tmp_path, "full", "echo No space left on device >&2; exit 1")
    slow = make_module(tmp_path, "slow", "sleep 60")
    start = time.monotonic()
    with pytest.raises(DiskError):
        compile_all(toolchain, [(slow, None), (full, None)], LIMITS, 2)
    assert time.monotonic() - start < 10


def test_kinds_are_counted_most_frequent_first():
    failures = [Failed("a", kind, "") for kind in ("exit", "timeout", "timeout", "bad_log")]
    assert count_kinds(failures) == "2 x timeout, 1 x bad_log, 1 x exit"


def test_what_takes_longest_begins_first_and_results_keep_their_order(toolchain, tmp_path):
    modules = [
        replace(
            make_module(tmp_path, f"m{seconds}", f"echo {seconds} >>{tmp_path}/order"),
            replay=Replay(seconds=seconds),
        )
        for seconds in (1, 0, 3, 2)
    ]
    results = compile_all(toolchain, [(module, None) for module in modules], LIMITS, 1)
    assert [result.module for result in results] == ["m1", "m0", "m3", "m2"]
    assert (tmp_path / "order").read_text().split() == ["3", "2", "1", "0"]
