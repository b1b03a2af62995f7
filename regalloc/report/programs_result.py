"""programs.json: what real programs did under the default heuristic and under the policy.

Everything outside of ``times`` is the same in every run on one machine.
"""

from __future__ import annotations

from typing import Literal

import msgspec

from regalloc.report.versioned import Format

VERSION = 1

Outcome = Literal[
    "ok",
    "same code",
    "miscompile",
    "wrong output",
    "build failed",
    "crashed",
    "timed out",
]
"""How a program's measurement ended.

``same code``: the policy changed no object, so both builds are one and all numbers are equal.
``wrong output`` is the default build's; the policy's alone is a ``miscompile``, and so is a crash
or an endless run of the policy's build alone.
"""

Blame = Literal["", "program", "policy"]
"""Who is at fault: the program, where it fails with the advisor off too; else the policy."""


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


class Ratios(msgspec.Struct, frozen=True, kw_only=True):
    """Counts of one build over the default build's; 1 is the default, less is better."""

    instructions: float
    data_reads: float
    data_writes: float


class WorkloadResult(msgspec.Struct, frozen=True, kw_only=True):
    """One fixed input of a program.

    Attributes:
        name: the workload's, unique in its program.
        default: counts of the build with the advisor off.
        again: counts of the same build, executed a second time.
        policy: counts of the build with the advisor on.
        ratio: of policy to default.
        noise: of again to default: what a ratio must exceed to mean something.
    """

    name: str
    default: Counts
    again: Counts
    policy: Counts
    ratio: Ratios
    noise: Ratios


class ProgramResult(msgspec.Struct, frozen=True, kw_only=True):
    """One program.

    Attributes:
        name: the program's.
        kind: what kind of program it is, in a word or two.
        source: where its code comes from, in words.
        outcome: how it ended; counts are there only when that is ``ok`` or ``same code``.
        blame: who is at fault when it did not end well.
        details: what was seen then: a command, how it ended, the last lines of its log.
        objects: objects that its build compiles.
        differing: those whose code the policy changed, by name.
        culprits: those that make the output wrong, found by bisection; for a miscompile.
        text_default: bytes of machine code in its executables, advisor off.
        text_policy: the same, advisor on.
        workloads: those that measure, in the order of its program.toml.
    """

    name: str
    kind: str
    source: str
    outcome: Outcome
    blame: Blame = ""
    details: str = ""
    objects: int = 0
    differing: list[str] = []
    culprits: list[str] = []
    text_default: int | None = None
    text_policy: int | None = None
    workloads: list[WorkloadResult] = []


class Rounds(msgspec.Struct, frozen=True, kw_only=True):
    """A figure of each round; item i of each list was taken in round i, one after the other.

    ``default`` against ``again`` is the same executable twice: the noise of the machine.
    """

    default: list[float]
    policy: list[float]
    again: list[float]


class Events(msgspec.Struct, frozen=True, kw_only=True):
    """What the processor's own counters say, null where it does not have one.

    Attributes:
        instructions: instructions retired in user mode.
        cycles: cycles in user mode.
    """

    instructions: int | None
    cycles: int | None


class Counters(msgspec.Struct, frozen=True, kw_only=True):
    """``perf stat`` of one execution of each build."""

    default: Events
    policy: Events


class WorkloadTiming(msgspec.Struct, frozen=True, kw_only=True):
    """What a workload took, on this machine at this time.

    Attributes:
        program: the program's name.
        workload: the workload's name.
        wall_s: elapsed seconds.
        user_s: seconds of processor time in user mode.
        counters: None where the processor's counters cannot be read.
    """

    program: str
    workload: str
    wall_s: Rounds
    user_s: Rounds
    counters: Counters | None = None


class ProgramTimes(msgspec.Struct, frozen=True, kw_only=True):
    """Everything that differs from one run to the next.

    Attributes:
        rounds: executions of each build of each workload.
        counters_missing: why there are no counters; empty where there are.
        timings: a workload each, of programs that ended ``ok``.
    """

    rounds: int
    counters_missing: str
    timings: list[WorkloadTiming]


class ProgramsResult(msgspec.Struct, frozen=True, kw_only=True):
    """All programs of a run.

    Attributes:
        version: of this layout.
        release: sha256 of the compiler, which holds the policy.
        compiler: first line of clang's version.
        flags: what the programs are compiled with.
        counted_by: valgrind's version.
        programs: in the order of their names.
        times: what differs from run to run.
    """

    version: int
    release: str
    compiler: str
    flags: str
    counted_by: str
    programs: list[ProgramResult]
    times: ProgramTimes


def divide(counts: Counts, base: Counts) -> Ratios:
    """Return the ratios of counts to others, none of which is zero: every process does all."""
    return Ratios(
        instructions=counts.instructions / base.instructions,
        data_reads=counts.data_reads / base.data_reads,
        data_writes=counts.data_writes / base.data_writes,
    )


_FORMAT = Format(ProgramsResult, VERSION, "the programs' results are", "programs")
read, write = _FORMAT.read, _FORMAT.write
