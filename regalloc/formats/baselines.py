"""What the default heuristic makes of each module, found once and looked up from then on.

``baselines.json`` in the corpus holds it.  It depends on compiler and module alone, so every stage
can take it instead of compiling again.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import asdict, astuple, dataclass
from pathlib import Path
from typing import Any

from regalloc.errors import CorpusError
from regalloc.files import UNREADABLE, checked_count, checked_number, read_json, write_json
from regalloc.formats.compile_results import Compiled, Failed
from regalloc.formats.generated_code import GeneratedCode
from regalloc.formats.logs import Outcome
from regalloc.formats.remarks import SpillCode
from regalloc.layout import BASELINES


@dataclass(frozen=True)
class Baseline:
    """What the default heuristic makes of a module.

    Attributes:
        outcomes: of its functions with a decision, in the order of the log.
        code: what is generated.
    """

    outcomes: tuple[Outcome, ...]
    code: GeneratedCode


Found = Baseline | Failed


def describe(compiled: Compiled) -> Baseline:
    """Return what a compile under the default heuristic, whose code was measured, came down to."""
    assert compiled.code is not None, "a baseline tells of code"
    return Baseline(tuple(e.outcome for e in compiled.episodes), compiled.code)


def settle(module: str, found: Found | None) -> Compiled | Failed | None:
    """Return the default compile of a module where it need not be done for its decisions.

    That is so when it fails, and when there is nothing to decide.
    """
    if isinstance(found, Baseline) and not found.outcomes:
        return Compiled(module, (), 0.0, 0.0, found.code)
    return found if isinstance(found, Failed) else None


def list_functions(found: Mapping[str, Found], modules: Iterable[str]) -> frozenset[str]:
    """Return the names of the functions with a decision in some of the modules."""
    known = (found.get(module) for module in modules)
    return frozenset(o.function for one in known if isinstance(one, Baseline) for o in one.outcomes)


def write_baselines(folder: Path, found: Mapping[str, Found]) -> None:
    """Write what was found of each module, by name."""
    modules = {name: _to_json(one) for name, one in found.items() if isinstance(one, Baseline)}
    failures = [asdict(one) for one in found.values() if isinstance(one, Failed)]
    write_json(folder / BASELINES, {"modules": modules, "failures": failures})


def read_baselines(folder: Path) -> dict[str, Found]:
    """Return what is known of a corpus's modules, by name; nothing of a corpus from elsewhere.

    Raises:
        CorpusError: the file does not parse.
    """
    path = folder / BASELINES
    if not path.exists():
        return {}
    try:
        content = read_json(path)
        found: dict[str, Found] = {f["module"]: Failed(**f) for f in content["failures"]}
        return found | {name: _from_json(one) for name, one in content["modules"].items()}
    except UNREADABLE as error:
        raise CorpusError(
            "the corpus is damaged", f"{path}: {error!r}", "run extract again"
        ) from error


def _to_json(baseline: Baseline) -> dict[str, Any]:
    spill_code = {name: list(astuple(left)) for name, left in baseline.code.spill_code.items()}
    return {
        "functions": [asdict(outcome) for outcome in baseline.outcomes],
        "text_bytes": baseline.code.text_bytes,
        "sha256": baseline.code.sha256,
        "spill_code": spill_code,
    }


def _from_json(content: dict[str, Any]) -> Baseline:
    spill_code = {
        str(name): SpillCode(*map(checked_count, left))
        for name, left in content["spill_code"].items()
    }
    code = GeneratedCode(checked_count(content["text_bytes"]), str(content["sha256"]), spill_code)
    return Baseline(tuple(_outcome(**outcome) for outcome in content["functions"]), code)


def _outcome(function: str, score: float, decisions: int) -> Outcome:
    return Outcome(str(function), checked_number(score), checked_count(decisions))
