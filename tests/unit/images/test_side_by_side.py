from __future__ import annotations

import sys
import threading
import time

import pytest

from regalloc.engine.process import run_process
from regalloc.errors import ImageError
from regalloc.images.side_by_side import one_by_one, side_by_side, waves
from regalloc.images.tags import Target
from regalloc.images.tree import TREE

TARGETS = tuple(Target(row, "1", (), None) for row in TREE)
BASE, LLVM, TRAINER, CORPUS, *_ = TARGETS


def test_waves_begin_with_parents_and_take_together_what_is_apart():
    names = [[target.name for target in wave] for wave in waves(TARGETS)]
    assert names == [
        ["base"], ["llvm"], ["trainer", "corpus"], ["kit", "programs", "cluster", "bench"],
    ]  # fmt: skip
    # Its parent is there, but its wheels are made on the base.
    assert [[target.name for target in wave] for wave in waves((BASE, TRAINER))] == [
        ["base"], ["trainer"],
    ]  # fmt: skip
    # What a wanted image is built on may be there already.
    assert [len(wave) for wave in waves((TRAINER, CORPUS))] == [2]


def test_builds_run_at_the_same_time():
    together = threading.Barrier(2, timeout=10)
    times = side_by_side(lambda target: together.wait() and None, (TRAINER, CORPUS))
    assert set(times) == {"trainer", "corpus"}


def test_one_by_one_keeps_the_order():
    built: list[str] = []
    times = one_by_one(lambda target: built.append(target.name), (TRAINER, CORPUS))
    assert built == list(times) == ["trainer", "corpus"]


def test_a_failure_ends_the_others_children():
    began = threading.Event()

    def build(target: Target) -> None:
        if target is CORPUS:
            began.wait(10)
            raise ImageError("corpus could not be built")
        began.set()
        run_process([sys.executable, "-c", "import time; time.sleep(60)"])

    since = time.monotonic()
    with pytest.raises(ImageError, match="corpus could not be built"):
        side_by_side(build, (TRAINER, CORPUS))
    assert time.monotonic() - since < 30
