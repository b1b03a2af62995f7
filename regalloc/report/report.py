"""report.json: what an evaluation found, as written to disk and read back.

Everything outside of ``times`` is the same in every run with equal inputs on one machine.
"""

from __future__ import annotations

import msgspec

from regalloc.report.interval import Interval, Outcome
from regalloc.report.rows import NAMES, FunctionRow, ModuleRow
from regalloc.report.versioned import Format

VERSION = 3


class Estimate(msgspec.Struct, frozen=True, kw_only=True):
    """A policy's figure over the default heuristic's; 1 is the default, lower is better.

    Attributes:
        ratio: None where there is nothing to divide by.
        interval: where the ratio lies if other modules had been chosen; None where too few leave
            that open.
    """

    ratio: float | None
    interval: Interval | None


class Comparison(msgspec.Struct, frozen=True, kw_only=True):
    """A policy beside the default heuristic over a part of the corpus.

    Attributes:
        functions: functions that both compiled.
        score: geometric mean over functions.
        weighted: sum over functions, each weighted by how often it was entered while the corpus's
            profile was taken; None without a profile.
        better: functions with a lower score than the default's.
        equal: functions with the same score.
        worse: functions with a higher score.
        without_ratio: functions whose default or policy score is 0 while the other's is not; they
            count as better or worse, and are no part of the mean.
        spills: of all modules together.
        reloads: of all modules together.
        copies: of all modules together.
        text_bytes: of all modules together.
        other_objects: modules whose object differs from the default's.
    """

    functions: int
    score: Estimate
    weighted: Estimate | None
    better: int
    equal: int
    worse: int
    without_ratio: int
    spills: Estimate
    reloads: Estimate
    copies: Estimate
    text_bytes: Estimate
    other_objects: int


class Part(msgspec.Struct, frozen=True, kw_only=True):
    """One part of the corpus, held out or trained on.

    Attributes:
        modules: modules that compiled, under every policy if they hold a decision.
        functions: functions with at least one decision.
        decisions: the default heuristic's decisions in them.
        shared_functions: functions left out because training modules hold one of the same name.
        entered: functions that were entered while the corpus's profile was taken; None without one.
        comparisons: by policy; :data:`rows.AGAIN` is the default against itself, the noise floor.
        module_rows: one per module, sorted by name.
        function_rows: one per function, in the order of modules and of compilation.
    """

    modules: int
    functions: int
    decisions: int
    shared_functions: int
    entered: int | None
    comparisons: dict[str, Comparison]
    module_rows: tuple[ModuleRow, ...]
    function_rows: tuple[FunctionRow, ...]


class Failure(msgspec.Struct, frozen=True, kw_only=True):
    """A compile that failed each time; its module is in no figure.

    Attributes:
        module: the module's name.
        policy: what it was compiled under.
        kind: ``timeout``, ``signal`` and so on.
        detail: what the compiler said.
        attempts: how often it was tried.
    """

    module: str
    policy: str
    kind: str
    detail: str
    attempts: int


class Verdict(msgspec.Struct, frozen=True, kw_only=True):
    """The result in words.

    Attributes:
        outcome: in a word or two.
        text: in a sentence, without a full stop.
    """

    outcome: Outcome
    text: str


class EvaluationTimes(msgspec.Struct, frozen=True, kw_only=True):
    """Everything that differs from one run to the next.

    Attributes:
        stages_s: seconds each stage took.
        compile_user_s: processor seconds of each compile of a module with decisions, by policy and
            module.
        compile_time: of all these modules together, by policy.
    """

    stages_s: dict[str, float]
    compile_user_s: dict[str, dict[str, float]]
    compile_time: dict[str, Estimate]


class Report(msgspec.Struct, frozen=True, kw_only=True):
    """A whole evaluation.

    Attributes:
        version: of this layout.
        verdict: the trained policy on held-out modules.
        seed: the run's.
        compiler: first line of clang's version.
        policies: sha256 over each evaluated policy's files, by policy.
        settings: what the evaluation was configured by, as gin bindings.
        trained_on: programs that training saw code of, sorted; none of a policy of the user's own.
        held_out: modules that training never saw.
        train: modules that training saw.
        failures: compiles that failed, over all policies.
        times: what differs from run to run.
    """

    version: int
    verdict: Verdict
    seed: int
    compiler: str
    policies: dict[str, str]
    settings: tuple[str, ...]
    held_out: Part
    train: Part
    failures: tuple[Failure, ...]
    times: EvaluationTimes
    trained_on: tuple[str, ...] = ()

    @property
    def names(self) -> dict[str, str]:
        """Return the policies that were compared, with what readers know them by, in order."""
        return {name: title for name, title in NAMES.items() if name in self.held_out.comparisons}

    @property
    def failures_by_kind(self) -> dict[str, int]:
        """Return how many compiles failed of each kind, sorted by kind."""
        kinds = sorted(failure.kind for failure in self.failures)
        return {kind: kinds.count(kind) for kind in dict.fromkeys(kinds)}


_FORMAT = Format(Report, VERSION, "the report is", "evaluate")
read, write = _FORMAT.read, _FORMAT.write
