"""programs.json: what real programs did, built in each of the ways that are compared.

Everything outside of ``times`` is the same in every run on one machine.
"""

from __future__ import annotations

from typing import Literal

import msgspec

from regalloc.report import programs_result_v1 as v1
from regalloc.report.counts import Counts, Events
from regalloc.report.versioned import Format

VERSION = 2

DEFAULT = "default"
"""The variant that all others are held against in the end: LLVM's own heuristic."""

AGAIN = "again"
"""The default build, executed once more: the noise."""

Compiler = Literal["clang", "regalloc-clang"]
DrawnBy = Literal["", "policy", "uniform"]

Outcome = Literal[
    "ok",
    "same code",
    "miscompile",
    "wrong output",
    "build failed",
    "crashed",
    "timed out",
    "no profile",
    "no base",
]
"""How a program's default build, or another build of it, ended.

Of a program it is ``ok``, or how its default build failed; then it has no other builds.  Of a build
``same code`` says that it is the base's, byte for byte, and so are all its numbers; ``miscompile``
that it crashes, does not end, or prints something else where the base is right; ``no profile`` that
the build that counts or its training run failed; ``no base`` that its base did not end well.
"""

ENDED_WELL: tuple[Outcome, ...] = ("ok", "same code")


class Variant(msgspec.Struct, frozen=True, kw_only=True):
    """A way to build a program.

    Attributes:
        name: how results call it.
        compiler: which of the release's.
        flags: what it is told beside the program's own flags and profiles.
        base: the variant that its ratios are taken over; empty for the default.
        profiles: kinds of the profiles that it is built with, each taken on top of those before.
        draws: allocations that are drawn for a function; None where nothing is searched.
        drawn_by: the policy, or ``uniform``: chance, which takes any register as soon as another.
    """

    name: str
    compiler: Compiler
    flags: tuple[str, ...] = ()
    base: str = DEFAULT
    profiles: tuple[str, ...] = ()
    draws: int | None = None
    drawn_by: DrawnBy = ""


class BuildResult(msgspec.Struct, frozen=True, kw_only=True):
    """A program, built as a variant says.

    Attributes:
        outcome: how it ended; counts are there only when that is ``ok`` or ``same code``.
        details: what was seen otherwise: a command, how it ended, the last lines of its log.
        differing: objects whose code is not the base's, by name.
        culprits: those that make the output wrong, found by bisection; for a miscompile.
        text: bytes of machine code in its executables; None where there are none.
    """

    outcome: Outcome
    details: str = ""
    differing: list[str] = []
    culprits: list[str] = []
    text: int | None = None


class WorkloadResult(msgspec.Struct, frozen=True, kw_only=True):
    """One fixed input of a program.

    Attributes:
        name: the workload's, unique in its program.
        counts: of an execution, by variant, of builds that ended well.
        again: counts of the default build, executed a second time.
    """

    name: str
    counts: dict[str, Counts]
    again: Counts


class ProgramResult(msgspec.Struct, frozen=True, kw_only=True):
    """One program.

    Attributes:
        name: the program's.
        kind: what kind of program it is, in a word or two.
        source: where its code comes from, in words.
        outcome: how its default build ended; another than ``ok`` is the program's own fault.
        details: what was seen then: a command, how it ended, the last lines of its log.
        objects: objects that its build compiles.
        builds: by variant.
        workloads: those that measure, in the order of its program.toml.
    """

    name: str
    kind: str
    source: str
    outcome: Outcome
    details: str = ""
    objects: int = 0
    builds: dict[str, BuildResult] = {}
    workloads: list[WorkloadResult] = []


Rounds = dict[str, list[float]]
"""A figure of each round, by variant; item i of each list was taken in round i, one by one.

``default`` against ``again`` is the same executable twice: the noise of the machine.
"""


class WorkloadTiming(msgspec.Struct, frozen=True, kw_only=True):
    """What a workload took, on this machine at this time.

    Attributes:
        program: the program's name.
        workload: the workload's name.
        wall_s: elapsed seconds.
        user_s: seconds of processor time in user mode.
        counters: the processor's own, by variant; empty where they cannot be read.
    """

    program: str
    workload: str
    wall_s: Rounds
    user_s: Rounds
    counters: dict[str, Events] = {}


class ProgramTimes(msgspec.Struct, frozen=True, kw_only=True):
    """Everything that differs from one run to the next.

    Attributes:
        rounds: executions of each build of each workload.
        counters_missing: why there are no counters; empty where there are.
        timings: a workload each, of programs with a build to time.
        compile_s: processor seconds, user and system, of all compiles of a build, by program and
            variant.
    """

    rounds: int
    counters_missing: str
    timings: list[WorkloadTiming]
    compile_s: dict[str, dict[str, float]] = {}


class ProgramsResult(msgspec.Struct, frozen=True, kw_only=True):
    """All programs of a run.

    Attributes:
        version: of this layout.
        release: sha256 of the compiler, which holds the policy.
        compiler: first line of clang's version.
        flags: what the programs are compiled with.
        counted_by: valgrind's version.
        variants: the ways they are built, the default first, each behind its base.
        programs: in the order of their names.
        times: what differs from run to run.
        trained_on: programs whose code the policy was trained on, by name.
    """

    version: int
    release: str
    compiler: str
    flags: str
    counted_by: str
    variants: list[Variant]
    programs: list[ProgramResult]
    times: ProgramTimes
    trained_on: list[str] = []


def upgrade(old: v1.FirstResult) -> ProgramsResult:
    """Return what a file of version 1 says, whose policy's build was regalloc-clang's."""
    timings = [_upgrade_timing(timing) for timing in old.times.timings]
    return ProgramsResult(
        version=VERSION,
        release=old.release,
        compiler=old.compiler,
        flags=old.flags,
        counted_by=old.counted_by,
        variants=[
            Variant(name=DEFAULT, compiler="clang", base=""),
            Variant(name=v1.POLICY, compiler="regalloc-clang"),
        ],
        programs=[_upgrade_program(program) for program in old.programs],
        times=ProgramTimes(
            rounds=old.times.rounds, counters_missing=old.times.counters_missing, timings=timings
        ),
    )


def _upgrade_program(old: v1.FirstProgram) -> ProgramResult:
    faulty = old.blame == "program"
    builds = {
        DEFAULT: BuildResult(outcome="ok", text=old.text_default),
        v1.POLICY: BuildResult(
            outcome=old.outcome,
            details=old.details,
            differing=old.differing,
            culprits=old.culprits,
            text=old.text_policy,
        ),
    }
    return ProgramResult(
        name=old.name,
        kind=old.kind,
        source=old.source,
        outcome=old.outcome if faulty else "ok",
        details=old.details if faulty else "",
        objects=old.objects,
        builds={} if faulty else builds,
        workloads=[
            WorkloadResult(
                name=one.name, counts={DEFAULT: one.default, v1.POLICY: one.policy}, again=one.again
            )
            for one in old.workloads
        ],
    )


def _upgrade_timing(old: v1.FirstTiming) -> WorkloadTiming:
    counters = old.counters
    return WorkloadTiming(
        program=old.program,
        workload=old.workload,
        wall_s=msgspec.structs.asdict(old.wall_s),
        user_s=msgspec.structs.asdict(old.user_s),
        counters=msgspec.structs.asdict(counters) if counters else {},
    )


def _read_v1(content: bytes) -> ProgramsResult:
    return upgrade(msgspec.json.decode(content, type=v1.FirstResult))


_FORMAT = Format(
    ProgramsResult, VERSION, "the programs' results are", "programs", older={1: _read_v1}
)
read, write = _FORMAT.read, _FORMAT.write
