from __future__ import annotations

import os
import signal
import sys
import threading
import time
from pathlib import Path

import pytest

from regalloc.engine.process import run_process
from regalloc.engine.signals import interruptible
from regalloc.errors import StoppedError


def test_run_process_passes_output_and_code():
    lines: list[bytes] = []
    code = run_process(["sh", "-c", "echo a; echo b >&2; exit 3"], on_output=lines.append)
    assert (code, lines) == (3, [b"a\n", b"b\n"])


def alive(pid: int) -> bool:
    stat = Path(f"/proc/{pid}/stat")
    return stat.exists() and stat.read_text().split()[2] != "Z"


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
def test_a_signal_ends_the_whole_group(number):
    # The child ignores SIGINT and has a child of its own, as a stage has compilers.
    script = "trap '' INT; sleep 60 & echo $!; wait"
    pids: list[int] = []

    def note(line: bytes) -> None:
        pids.append(int(line))
        threading.Timer(0.1, os.kill, (os.getpid(), number)).start()

    with pytest.raises(StoppedError, match=number.name), interruptible():
        run_process(["sh", "-c", script], on_output=note)
    time.sleep(0.1)
    assert [alive(pid) for pid in pids] == [False]


def test_a_child_that_ends_takes_its_workers_along():
    pids: list[bytes] = []
    # The worker has let go of the output, so that nothing waits for it.
    script = "sleep 60 >/dev/null 2>&1 & echo $!"
    assert run_process(["sh", "-c", script], on_output=pids.append) == 0
    time.sleep(0.1)
    assert not alive(int(pids[0]))


def test_interruptible_restores_the_handlers():
    before = signal.getsignal(signal.SIGTERM)
    with interruptible():
        assert signal.getsignal(signal.SIGTERM) is not before
    assert signal.getsignal(signal.SIGTERM) is before


def test_interruptible_works_outside_of_the_main_thread():
    codes: list[int] = []

    def work() -> None:
        with interruptible():
            codes.append(run_process([sys.executable, "-c", "pass"]))

    thread = threading.Thread(target=work)
    thread.start()
    thread.join()
    assert codes == [0]
