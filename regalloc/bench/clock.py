"""Processor time of this process and of the compilers it has waited for."""

from __future__ import annotations

import resource


def cpu_s() -> float:
    """Return the processor seconds used so far, in user and in system mode, of all threads.

    What children used is counted when they have been waited for.
    """
    whose = (resource.RUSAGE_SELF, resource.RUSAGE_CHILDREN)
    used = [resource.getrusage(one) for one in whose]
    return sum(one.ru_utime + one.ru_stime for one in used)
