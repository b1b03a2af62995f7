"""What is counted of one execution: by a simulated processor, or by the machine's own."""

from __future__ import annotations

import msgspec


class Counts(msgspec.Struct, frozen=True, kw_only=True):
    """What cachegrind counted in one execution, shared libraries included.

    Attributes:
        instructions: instructions executed.
        data_reads: loads.
        data_writes: stores.
    """

    instructions: int
    data_reads: int
    data_writes: int


class Events(msgspec.Struct, frozen=True, kw_only=True):
    """What the processor's own counters say, null where it does not have one.

    Attributes:
        instructions: instructions retired in user mode.
        cycles: cycles in user mode.
    """

    instructions: int | None
    cycles: int | None
