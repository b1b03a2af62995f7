"""The default heuristic's scores of the traced modules: ``default_scores.json``."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path

from regalloc.errors import TraceError
from regalloc.files import UNREADABLE, checked_count, checked_number, read_json, write_json
from regalloc.formats.compile_results import Compiled, Failed, Result
from regalloc.formats.logs import Outcome
from regalloc.layout import DEFAULT_SCORES


@dataclass(frozen=True)
class DefaultScores:
    """What became of the modules that were traced.

    Attributes:
        outcomes: of each module that compiled, those of its functions with a decision.
        failures: of the others.
    """

    outcomes: Mapping[str, tuple[Outcome, ...]]
    failures: tuple[Failed, ...]

    @property
    def functions(self) -> frozenset[str]:
        """Return the names of all functions with a decision."""
        return frozenset(one.function for found in self.outcomes.values() for one in found)


def collect_scores(results: Sequence[Result]) -> DefaultScores:
    """Return the scores of compiles under the default heuristic."""
    compiled = (result for result in results if isinstance(result, Compiled))
    return DefaultScores(
        {result.module: tuple(e.outcome for e in result.episodes) for result in compiled},
        tuple(result for result in results if isinstance(result, Failed)),
    )


def write_scores(folder: Path, scores: DefaultScores) -> None:
    """Write the scores into the folder of the trace."""
    content = {
        "modules": {
            module: [asdict(outcome) for outcome in outcomes]
            for module, outcomes in scores.outcomes.items()
        },
        "failures": [
            {"module": failed.module, "kind": failed.kind, "detail": failed.detail}
            for failed in scores.failures
        ],
    }
    write_json(folder / DEFAULT_SCORES, content, sort_keys=True)


def read_scores(folder: Path) -> DefaultScores:
    """Return the scores in the folder of a trace; how often a compile was tried is not known.

    Raises:
        TraceError: the file is missing or damaged.
    """
    path = folder / DEFAULT_SCORES
    try:
        content = read_json(path)
        outcomes = {
            module: tuple(
                Outcome(
                    one["function"],
                    checked_number(one["score"]),
                    checked_count(one["decisions"]),
                )
                for one in found
            )
            for module, found in content["modules"].items()
        }
        failures = tuple(
            Failed(one["module"], one["kind"], one["detail"]) for one in content["failures"]
        )
    except UNREADABLE as error:
        raise TraceError(
            "the default scores cannot be read", f"{path}: {error!r}", "run invoke trace again"
        ) from error
    return DefaultScores(outcomes, failures)
