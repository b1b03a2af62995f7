"""programs.json of version 1, which knew two builds of a program: default and policy."""

from __future__ import annotations

from typing import Literal

import msgspec

from regalloc.report.counts import Counts, Events

POLICY = "policy"
"""The build by ``regalloc-clang``, as it was when the file was written."""


class FirstWorkload(msgspec.Struct, frozen=True, kw_only=True):
    """Counts of one workload; the ratios that the file also has follow from them."""

    name: str
    default: Counts
    again: Counts
    policy: Counts


class FirstProgram(msgspec.Struct, frozen=True, kw_only=True):
    """One program; ``blame`` says whose build ``outcome`` and ``details`` are about."""

    name: str
    kind: str
    source: str
    outcome: Literal[
        "ok", "same code", "miscompile", "wrong output", "build failed", "crashed", "timed out"
    ]
    blame: Literal["", "program", "policy"] = ""
    details: str = ""
    objects: int = 0
    differing: list[str] = []
    culprits: list[str] = []
    text_default: int | None = None
    text_policy: int | None = None
    workloads: list[FirstWorkload] = []


class FirstRounds(msgspec.Struct, frozen=True, kw_only=True):
    """A figure of each round and build."""

    default: list[float]
    policy: list[float]
    again: list[float]


class FirstCounters(msgspec.Struct, frozen=True, kw_only=True):
    """``perf stat`` of one execution of each build."""

    default: Events
    policy: Events


class FirstTiming(msgspec.Struct, frozen=True, kw_only=True):
    """What a workload took."""

    program: str
    workload: str
    wall_s: FirstRounds
    user_s: FirstRounds
    counters: FirstCounters | None = None


class FirstTimes(msgspec.Struct, frozen=True, kw_only=True):
    """What differs from one run to the next."""

    rounds: int
    counters_missing: str
    timings: list[FirstTiming]


class FirstResult(msgspec.Struct, frozen=True, kw_only=True):
    """A whole file."""

    version: int
    release: str
    compiler: str
    flags: str
    counted_by: str
    programs: list[FirstProgram]
    times: FirstTimes
