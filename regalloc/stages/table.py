"""The stages as data: what each reads, writes and is configured by.

Host and container share this table.  It imports no stage, so that the host can plan without
TensorFlow; :func:`function` imports the one stage that is to run.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from importlib import import_module
from typing import TYPE_CHECKING, Literal

from regalloc import settings
from regalloc.layout import (
    BENCH,
    CORPUS,
    EVALUATION,
    MODEL,
    PROGRAM_OBJECTS,
    PROGRAMS,
    RELEASE,
    TRACE,
    VOCAB,
    WARMSTART,
)

if TYPE_CHECKING:
    from regalloc.stages.context import StageContext


StageImage = Literal["trainer", "kit", "programs", "bench"]


@dataclass(frozen=True)
class Stage:
    """One step of the pipeline that runs in a container.

    Attributes:
        name: the task's name, and the name of the module in ``regalloc.stages``.
        reads: folders mounted read-only.
        writes: the folder it writes, and where its manifest lies.
        sections: settings it is configured by; see :func:`sections_of`.
        summary: one line for help texts.
        draws_lots: whether the seed decides its result as well.
        reads_objects: whether the corpus image's objects are mounted as well.
        learns: whether it is configured by the section of ``Train.algorithm`` as well.
        resumes: whether what an interrupted run left behind is kept for the next one.
        image: the image it runs in.
        policy_replaces: folders it does without when it is given a policy of the user's own; a
            stage without such folders is given none.
        takes_programs: whether programs of the user's own are mounted, as a folder of the run.
        spreads: whether its compiles can be done on a cluster.
        times_machine: whether its result is of this machine at this hour, so that it is never up
            to date.
        reports_durations: whether it is told how long the stages took that it reads from.
    """

    name: str
    reads: tuple[str, ...]
    writes: str
    sections: tuple[type[settings.Section], ...]
    summary: str
    draws_lots: bool = True
    reads_objects: bool = False
    learns: bool = False
    resumes: bool = False
    image: StageImage = "trainer"
    policy_replaces: tuple[str, ...] = ()
    takes_programs: bool = False
    spreads: bool = False
    times_machine: bool = False
    reports_durations: bool = False


STAGES: tuple[Stage, ...] = (
    Stage(
        "instrument",
        (),
        PROGRAM_OBJECTS,
        (settings.ProgramCorpus,),
        "build the corpus's programs, count what they execute at work, build them by the counts",
        draws_lots=False,
        image="programs",
    ),
    Stage(
        "extract",
        (PROGRAM_OBJECTS,),
        CORPUS,
        (settings.Corpus, settings.ProgramCorpus, settings.HoldOut, settings.Limits),
        "cut embedded bitcode out of the corpus objects, hold modules out, optimise each once",
        draws_lots=False,
        reads_objects=True,
    ),
    Stage(
        "trace",
        (CORPUS,),
        TRACE,
        (settings.Trace, settings.Limits),
        "record the default heuristic's decisions and scores",
    ),
    Stage(
        "vocab",
        (TRACE,),
        VOCAB,
        (settings.Vocab,),
        "cut every feature into quantiles",
    ),
    Stage(
        "warmstart",
        (TRACE, VOCAB),
        WARMSTART,
        (settings.Network, settings.Warmstart),
        "imitate the default heuristic",
    ),
    Stage(
        "train",
        (CORPUS, TRACE, VOCAB, WARMSTART),
        MODEL,
        (settings.Network, settings.Train, settings.Limits),
        "improve the policy over compiles",
        learns=True,
        resumes=True,
        spreads=True,
    ),
    Stage(
        "evaluate",
        (CORPUS, TRACE, VOCAB, WARMSTART, MODEL),
        EVALUATION,
        (settings.Evaluate, settings.Limits),
        "compare policies with the default heuristic on held-out modules",
        policy_replaces=(TRACE, VOCAB, WARMSTART, MODEL),
        spreads=True,
        reports_durations=True,
    ),
    Stage(
        "release",
        (MODEL,),
        RELEASE,
        (),
        "link clang, lld and llc with the policy inside",
        image="kit",
        policy_replaces=(MODEL,),
    ),
    Stage(
        "programs",
        (RELEASE,),
        PROGRAMS,
        (settings.Programs,),
        "measure real programs, compiled by the release in several ways",
        resumes=True,
        image="programs",
        takes_programs=True,
    ),
    Stage(
        "bench",
        (CORPUS, TRACE, VOCAB, WARMSTART),
        BENCH,
        (
            settings.Bench,
            settings.Network,
            settings.Train,
            settings.Ppo,
            settings.Rebel,
            settings.Limits,
        ),
        "measure upstream's way of training and ours, in turns",
        image="bench",
        times_machine=True,
    ),
)


def find(name: str) -> Stage:
    """Return the stage of that name.

    Raises:
        KeyError: there is none.
    """
    for stage in STAGES:
        if stage.name == name:
            return stage
    raise KeyError(name)


def sections_of(stage: Stage, chosen: settings.Settings) -> tuple[type[settings.Section], ...]:
    """Return the sections that configure a stage under the settings of its ``sections``."""
    if not stage.learns:
        return stage.sections
    return (*stage.sections, settings.section_of(chosen.get(settings.Train).algorithm))


def function(stage: Stage) -> Callable[[StageContext], None]:
    """Import the stage's module and return its ``run``."""
    run: Callable[[StageContext], None] = import_module(f"regalloc.stages.{stage.name}").run
    return run
