from __future__ import annotations

from pathlib import Path

import pytest

from regalloc.commands.machine import CHECKOUT, cache_folder, exclusive, memory_mb, usable_cores
from regalloc.errors import StageError


@pytest.mark.parametrize(
    ("files", "cores"),
    [
        ({}, 64),
        ({"cpu.max": "max 100000\n"}, 64),
        ({"cpu.max": "250000 100000\n"}, 2),
        ({"cpu.max": "50000 100000\n"}, 1),
        ({"cpu/cpu.cfs_quota_us": "300000\n", "cpu/cpu.cfs_period_us": "100000\n"}, 3),
        ({"cpu/cpu.cfs_quota_us": "-1\n", "cpu/cpu.cfs_period_us": "100000\n"}, 64),
    ],
)
def test_usable_cores_heeds_affinity_and_quota(tmp_path, monkeypatch, files, cores):
    monkeypatch.setattr("os.sched_getaffinity", lambda pid: set(range(64)))
    for name, text in files.items():
        path = tmp_path / name
        path.parent.mkdir(exist_ok=True)
        path.write_text(text)
    assert usable_cores(tmp_path) == cores


def test_memory_is_read_in_mib(tmp_path):
    (tmp_path / "meminfo").write_text("MemTotal:       2097152 kB\nMemFree: 1 kB\n")
    assert memory_mb(tmp_path / "meminfo") == 2048


def test_cache_folder_follows_the_environment():
    assert cache_folder({}) == CHECKOUT / ".cache"
    assert cache_folder({"REGALLOC_CACHE": "/c"}) == Path("/c")


def test_exclusive_refuses_a_second_run(tmp_path):
    with exclusive(tmp_path), pytest.raises(StageError) as caught, exclusive(tmp_path):
        pass
    assert caught.value.render() == (
        f"error: another run is at work in {tmp_path}\nwhat to do: wait for it, or choose --run"
    )
