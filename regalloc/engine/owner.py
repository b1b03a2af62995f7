"""Whose containers are a run's: a token that lies in the run's folder, and nowhere else.

One engine may serve several machines, on which other folders have the same path.
"""

from __future__ import annotations

import os
import re
import secrets
from pathlib import Path

from regalloc.errors import DiskError
from regalloc.layout import RUN_LOCK

_TOKEN = re.compile(r"[0-9a-f]{32}")


def owner_of(root: Path) -> str:
    """Return the token of a run's folder, 32 hexadecimal digits; it is made where there is none.

    Raises:
        DiskError: the folder cannot be read or written.
    """
    try:
        descriptor = os.open(
            root / RUN_LOCK, os.O_RDWR | os.O_CREAT | os.O_NOFOLLOW | os.O_NONBLOCK, 0o644
        )
        with os.fdopen(descriptor, "r+", encoding="ascii", errors="replace") as file:
            known = file.read(64).strip()
            if _TOKEN.fullmatch(known):
                return known
            token = secrets.token_hex(16)
            file.seek(0)
            file.truncate()
            file.write(f"{token}\n")
            return token
    except OSError as error:
        raise DiskError(f"{root} cannot be used", str(error), "choose --run") from error
