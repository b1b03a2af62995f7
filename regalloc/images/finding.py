"""What was found out about this machine."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True)
class Finding:
    """One line of the doctor's.

    Attributes:
        subject: what was looked at.
        seen: what was found.
        fix: what to do about it, empty when it is well.
    """

    subject: str
    seen: str
    fix: str = ""
