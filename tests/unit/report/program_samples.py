"""Results of programs that were never run."""

from regalloc.report.counts import Counts
from regalloc.report.programs_result import (
    VERSION,
    BuildResult,
    ProgramResult,
    ProgramsResult,
    ProgramTimes,
    WorkloadResult,
    WorkloadTiming,
)

DEFAULT_COUNTS = Counts(instructions=10**6, data_reads=10**5, data_writes=50_000)


def scale(counts, factor):
    """Return counts of which all but the stores are multiplied."""
    return Counts(
        instructions=round(counts.instructions * factor),
        data_reads=round(counts.data_reads * factor),
        data_writes=counts.data_writes,
    )


def make_program(name, workloads, *, builds=None, outcome="ok", **more):
    """Return a program.

    Args:
        name: its name.
        workloads: the factor of each variant's counts over the default's, by workload and variant.
        builds: builds by variant beside those that the workloads tell of.
        outcome: of its default build.
    """
    names = ["default", *{variant: None for found in workloads.values() for variant in found}]
    good = {variant: BuildResult(outcome="ok", differing=["a.o"], text=990) for variant in names}
    good["default"] = BuildResult(outcome="ok", text=1000)
    return ProgramResult(
        name=name,
        kind="interpreter",
        source="a Debian package",
        outcome=outcome,
        objects=9,
        builds={**good, **(builds or {})} if outcome == "ok" else {},
        workloads=[
            WorkloadResult(
                name=workload,
                counts={
                    variant: scale(DEFAULT_COUNTS, factor)
                    for variant, factor in {"default": 1.0, **factors}.items()
                },
                again=DEFAULT_COUNTS,
            )
            for workload, factors in workloads.items()
            if outcome == "ok"
        ],
        **more,
    )


def make_timing(program, factor, again=1.0, workload="run", variant="searched"):
    """Return eight rounds of a variant that takes the default's time times a factor."""
    default = [1.0 + step / 100 for step in range(8)]
    rounds = {
        "default": default,
        variant: [seconds * factor for seconds in default],
        "again": [seconds * again for seconds in default],
    }
    return WorkloadTiming(program=program, workload=workload, wall_s=rounds, user_s=rounds)


def make_programs(variants, programs, timings=(), **more):
    """Return a whole result."""
    compile_s = more.pop("compile_s", {})
    return ProgramsResult(
        **{
            "version": VERSION,
            "release": "cafe",
            "compiler": "clang version 19.1.7",
            "flags": "-O2",
            "counted_by": "valgrind 3.19.0",
            "variants": list(variants),
            "programs": list(programs),
            "times": ProgramTimes(
                rounds=8,
                counters_missing="no perf here",
                timings=list(timings),
                compile_s=compile_s,
            ),
            **more,
        }
    )
