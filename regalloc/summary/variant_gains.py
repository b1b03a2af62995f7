"""What each way to build gains over many programs: means, intervals, the worst, and a verdict."""

from __future__ import annotations

import math
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

from msgspec.structs import replace

from regalloc.report.interval import NO_NOISE, Interval, Outcome, judge
from regalloc.report.programs_result import (
    DEFAULT,
    ProgramResult,
    ProgramsResult,
    ProgramTimes,
    Variant,
)
from regalloc.report.report import Estimate
from regalloc.summary.program_ratios import (
    COUNTED,
    MEMORY,
    Ratios,
    compile_ratio,
    count_ratios,
    geometric_mean,
    is_compared,
    noise_ratios,
    text_ratio,
    wall_noise,
    wall_ratios,
)

SEED = 0
"""What was measured is as it is; equal pages need equal resamples of it."""

CODE, COMPILE, ELAPSED = "code", "compile", "elapsed time"
FIGURES = (*COUNTED, CODE, COMPILE, ELAPSED)
"""Names of all figures, in the order they are shown."""

DIGITS = {COMPILE: 2, ELAPSED: 3}
"""Behind the point, of figures that repeat to fewer than four."""

HELD_OUT = "programs that the policy never saw"
TRAINED_ON = "programs that the policy was trained on"

PICTURED = ("searched", "profile-searched")
"""Variants whose programs are drawn one by one: what a user gets by one flag, and by a profile."""


@dataclass(frozen=True)
class Extreme:
    """The worst of many.

    Attributes:
        name: the program's, or the program's and the workload's.
        ratio: its own.
    """

    name: str
    ratio: float


@dataclass(frozen=True)
class Figure:
    """One figure of a variant over its base's; 1 is the base, less is better.

    Attributes:
        name: one of :data:`FIGURES`.
        estimate: geometric mean over programs, each a geometric mean over its workloads; its
            interval is over programs.
        outcome: what that shows.
        worst_program: the largest ratio of a program.
        worst_workload: the largest ratio of a workload; None for what has none.
    """

    name: str
    estimate: Estimate
    outcome: Outcome
    worst_program: Extreme
    worst_workload: Extreme | None


@dataclass(frozen=True)
class Gain:
    """A variant over its base, over some programs.

    Attributes:
        variant: which.
        programs: programs that are compared.
        failed: programs whose build did not end well, by name, with the outcome.
        figures: by name; without those that nothing is known of.
        over_default: loads and stores over the default's, where the base is another variant: what
            both together gain.
    """

    variant: Variant
    programs: int
    failed: Mapping[str, str]
    figures: Mapping[str, Figure]
    over_default: Figure | None = None

    @property
    def verdict(self) -> str:
        """Return what the loads and stores show, as a sentence."""
        return _write_verdict(self)


@dataclass(frozen=True)
class Span:
    """A program's loads and stores under a variant, over its base's.

    Attributes:
        program: its name.
        ratio: geometric mean over its workloads.
        low: its best workload's.
        high: its worst workload's.
    """

    program: str
    ratio: float
    low: float
    high: float


@dataclass(frozen=True)
class Picture:
    """The programs of one variant, each by itself.

    Attributes:
        gain: over all of them.
        spans: the smallest ratio first.
    """

    gain: Gain
    spans: tuple[Span, ...]

    @property
    def memory(self) -> Figure:
        """Return the loads and stores over all programs."""
        return self.gain.figures[MEMORY]


@dataclass(frozen=True)
class DrawsPoint:
    """What a number of draws gains and costs.

    Attributes:
        draws: how many.
        memory: loads and stores over the base's.
        compile: processor time of compiles over the base's; None where it was not taken.
    """

    draws: int
    memory: Estimate
    compile: Estimate | None


@dataclass(frozen=True)
class Curve:
    """Gain and cost over the number of draws, of searches that have one base.

    Attributes:
        base: the base's name.
        points: the fewest draws first.
    """

    base: str
    points: tuple[DrawsPoint, ...]


@dataclass(frozen=True)
class Group:
    """Programs that are judged together.

    Attributes:
        title: what they have in common.
        programs: which, in the order of their names.
        gains: one per variant that is compared.
        pictures: of some variants.
        curves: where more than one number of draws was measured.
    """

    title: str
    programs: tuple[ProgramResult, ...]
    gains: tuple[Gain, ...]
    pictures: tuple[Picture, ...]
    curves: tuple[Curve, ...]


def group_programs(content: ProgramsResult) -> tuple[Group, ...]:
    """Return the programs that the policy never saw, and those it was trained on, apart."""
    seen = set(content.trained_on)
    parts = {
        HELD_OUT: [one for one in content.programs if one.name not in seen],
        TRAINED_ON: [one for one in content.programs if one.name in seen],
    }
    return tuple(
        _describe_group(title, programs, content) for title, programs in parts.items() if programs
    )


def _describe_group(
    title: str, programs: Sequence[ProgramResult], content: ProgramsResult
) -> Group:
    found = (
        measure_gain(programs, variant, content.times)
        for variant in content.variants
        if variant.base
    )
    gains = tuple(gain for gain in found if gain.programs or gain.failed)
    pictures = tuple(
        Picture(gain, _list_spans(programs, gain.variant)) for gain in _pictured(gains)
    )
    return Group(title, tuple(programs), gains, pictures, tuple(_find_curves(gains)))


def measure_gain(programs: Sequence[ProgramResult], variant: Variant, times: ProgramTimes) -> Gain:
    """Return what a variant gains over some programs.

    Args:
        programs: which; those whose default build failed count for nothing.
        variant: which.
        times: what was timed.
    """
    able = [program for program in programs if program.outcome == "ok"]
    compared = [program for program in able if is_compared(program, variant)]
    failed = {
        program.name: program.builds[variant.name].outcome
        for program in able
        if program not in compared and variant.name in program.builds
    }
    figures = (
        *(_count(compared, variant, name) for name in COUNTED),
        _summarise(CODE, {p.name: text_ratio(p, variant) for p in compared}),
        _summarise(COMPILE, {p.name: compile_ratio(p, variant, times) for p in compared}),
        _time(compared, variant, times),
    )
    return Gain(
        variant,
        len(compared),
        failed,
        {figure.name: figure for figure in figures if figure},
        _count(compared, replace(variant, base=DEFAULT), MEMORY)
        if variant.base != DEFAULT
        else None,
    )


def _count(programs: Sequence[ProgramResult], variant: Variant, name: str) -> Figure | None:
    # Counting is repeatable but for what the kernel does: the largest deviation seen is the noise.
    noises = [ratio for program in programs for ratio in noise_ratios(program, name).values()]
    ratios = {program.name: count_ratios(program, variant, name) for program in programs}
    return _summarise_workloads(name, ratios, noises)


def _time(
    programs: Sequence[ProgramResult], variant: Variant, times: ProgramTimes
) -> Figure | None:
    noises = [ratio for program in programs for ratio in wall_noise(program, times).values()]
    ratios = {program.name: wall_ratios(program, variant, times) for program in programs}
    return _summarise_workloads(ELAPSED, ratios, noises)


def _summarise_workloads(
    name: str, ratios: Mapping[str, Ratios], noises: Iterable[float]
) -> Figure | None:
    means = {
        program: geometric_mean(list(found.values())) for program, found in ratios.items() if found
    }
    widest = max((abs(math.log(noise)) for noise in noises), default=0.0)
    noise = Interval(math.exp(-widest), math.exp(widest))
    workloads = {
        f"{program} {workload}": ratio
        for program, found in ratios.items()
        for workload, ratio in found.items()
    }
    return _summarise(name, means, noise, workloads)


def _summarise(
    name: str,
    means: Mapping[str, float | None],
    noise: Interval = NO_NOISE,
    workloads: Mapping[str, float] | None = None,
) -> Figure | None:
    # Brings in numpy, which nothing needs that only plans a run.
    from regalloc.report.statistics import bootstrap_interval

    known = {program: ratio for program, ratio in means.items() if ratio is not None}
    if not known:
        return None
    interval = bootstrap_interval([math.log(ratio) for ratio in known.values()], SEED)
    estimate = Estimate(ratio=geometric_mean(list(known.values())), interval=interval)
    worst = _find_worst(workloads) if workloads else None
    return Figure(name, estimate, judge(interval, noise), _find_worst(known), worst)


def _find_worst(ratios: Mapping[str, float]) -> Extreme:
    name = max(ratios, key=lambda name: ratios[name])
    return Extreme(name, ratios[name])


def _pictured(gains: Sequence[Gain]) -> list[Gain]:
    compared = [gain for gain in gains if gain.programs]
    chosen = [gain for gain in compared if gain.variant.name in PICTURED]
    return chosen or compared[: len(PICTURED)]


def _list_spans(programs: Sequence[ProgramResult], variant: Variant) -> tuple[Span, ...]:
    found = {program.name: count_ratios(program, variant, MEMORY) for program in programs}
    spans = [
        Span(program, geometric_mean(ratios), min(ratios), max(ratios))
        for program, by_workload in found.items()
        if (ratios := list(by_workload.values()))
    ]
    return tuple(sorted(spans, key=lambda span: (span.ratio, span.program)))


def _find_curves(gains: Sequence[Gain]) -> Iterable[Curve]:
    bases = dict.fromkeys(gain.variant.base for gain in gains)
    for base in bases:
        points = [
            DrawsPoint(
                gain.variant.draws,
                gain.figures[MEMORY].estimate,
                gain.figures[COMPILE].estimate if COMPILE in gain.figures else None,
            )
            for gain in gains
            if gain.variant.base == base
            and gain.variant.drawn_by == "policy"
            and gain.variant.draws is not None
            and MEMORY in gain.figures
        ]
        if len(points) > 1:
            yield Curve(base, tuple(sorted(points, key=lambda point: point.draws)))


_WORDS: Mapping[Outcome, str] = {
    "better": "executes fewer loads and stores than",
    "worse": "executes more loads and stores than",
    "no difference": "shows no difference in loads and stores from",
    "unknown": "has too few programs to be told from",
}


def _write_verdict(gain: Gain) -> str:
    name, base = gain.variant.name, gain.variant.base
    figure = gain.figures.get(MEMORY)
    if figure is None or figure.estimate.ratio is None:
        return f"{name} over {base}: no program could be compared"
    interval = figure.estimate.interval
    sure = f", 95 % interval {interval.low:.4f} to {interval.high:.4f}" if interval else ""
    count = f"{gain.programs} program{'' if gain.programs == 1 else 's'}"
    worst = f"worst program {figure.worst_program.name} {figure.worst_program.ratio:.4f}"
    if figure.worst_workload:
        workload = figure.worst_workload
        worst = f"{worst}, worst workload {workload.name} {workload.ratio:.4f}"
    text = f"{name} {_WORDS[figure.outcome]} {base}: {figure.estimate.ratio:.4f}{sure}, {count}"
    return f"{text}; {worst}{_write_whole(gain.over_default)}"


def _write_whole(figure: Figure | None) -> str:
    if figure is None:
        return ""
    interval = figure.estimate.interval
    sure = f" ({interval.low:.4f} to {interval.high:.4f})" if interval else ""
    worst = f"worst program {figure.worst_program.name} {figure.worst_program.ratio:.4f}"
    return f"; together over {DEFAULT} {figure.estimate.ratio:.4f}{sure}, {worst}"
