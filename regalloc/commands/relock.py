"""Locks what the images are made of to what there is today."""

from __future__ import annotations

import os

from regalloc.commands.machine import CHECKOUT, cache_folder
from regalloc.images.builders.fresh_lock import refresh_lock
from regalloc.images.lock import LOCK, compare_locks, read_lock
from regalloc.terminal.messages import say


def relock() -> None:
    """Write `docker/images.lock` anew and print what changed.

    Raises:
        ImageError: the versions could not be found out.
    """
    before = read_lock(CHECKOUT) if (CHECKOUT / LOCK).is_file() else {}
    after = refresh_lock(CHECKOUT, cache_folder(os.environ), os.environ)
    changes = list(compare_locks(before, after))
    for line in changes:
        say(line)
    say(f"{LOCK}: {len(after)} entries, {len(changes)} changed")
