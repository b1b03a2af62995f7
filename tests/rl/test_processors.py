from __future__ import annotations

import shutil
import subprocess
import sys

import pytest

EMULATOR = "qemu-x86_64-static"


def learn(*emulation: str) -> dict[str, str]:
    """Return a hash of what each algorithm learned, by its name."""
    argv = [*emulation, sys.executable, "-m", "tests.rl.learn_everything"]
    done = subprocess.run(argv, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    return dict(line.split() for line in done.stdout.splitlines())


@pytest.mark.timeout(900)
def test_another_processor_learns_the_same_bits():
    emulator = shutil.which(EMULATOR)
    if emulator is None:
        pytest.skip(f"there is no {EMULATOR}: install qemu-user-static")
    here = learn()
    assert set(here) == {"cloning", "ppo", "rebel"}
    # It has neither AVX-512 nor the caches of newer ones.
    assert learn(emulator, "-cpu", "Haswell-v4") == here
