"""report.json: what an evaluation found, as written to disk and read back."""

from __future__ import annotations

import math
from pathlib import Path

import msgspec

from regalloc.errors import ManifestError

VERSION = 1


class Ratios(msgspec.Struct, frozen=True, kw_only=True):
    """Geometric means of score over the default heuristic's score, null where nothing compiled."""

    random: float | None
    warmstart: float | None
    policy: float | None


class Part(msgspec.Struct, frozen=True, kw_only=True):
    """One part of the corpus, held out or trained on.

    Attributes:
        modules: modules that compiled, under every policy if they hold a decision.
        functions: functions with at least one decision.
        decisions: the default heuristic's decisions in them.
        shared_functions: functions left out because training modules hold one of the same name.
        score_ratio: geometric mean over functions, default = 1, lower is better.
        better: functions on which the trained policy beats the default.
        equal: functions on which both have the same score.
        worse: functions on which the default beats the trained policy.
        without_ratio: functions of ``better`` or ``worse`` with a score of 0, no part of the mean.
    """

    modules: int
    functions: int
    decisions: int
    shared_functions: int
    score_ratio: Ratios
    better: int
    equal: int
    worse: int
    without_ratio: int


class Report(msgspec.Struct, frozen=True, kw_only=True):
    """A whole evaluation.

    Attributes:
        version: of this layout.
        verdict: the result in words.
        seed: the run's.
        compiler: first line of clang's version.
        policy: sha256 over the evaluated policy's files.
        held_out: modules that training never saw.
        train: modules that training saw.
        failures: failed compiles by kind, over all policies.
        quarantined: names of the modules that are in no figure, each with policy and kind.
        wall_s: seconds each stage took.
    """

    version: int
    verdict: str
    seed: int
    compiler: str
    policy: str
    held_out: Part
    train: Part
    failures: dict[str, int]
    quarantined: list[str]
    wall_s: dict[str, float]


def write(report: Report, path: Path) -> None:
    """Write a report as indented JSON."""
    path.write_bytes(msgspec.json.format(msgspec.json.encode(report), indent=2) + b"\n")


def read(path: Path) -> Report:
    """Read a report.

    Raises:
        ManifestError: the file is missing, damaged, or of another version.
    """
    try:
        report = msgspec.json.decode(path.read_bytes(), type=Report)
    except (OSError, msgspec.MsgspecError) as error:
        raise ManifestError(
            "the report cannot be read", f"{path}: {error}", "run invoke evaluate again"
        ) from error
    if report.version != VERSION:
        raise ManifestError(
            f"the report is of version {report.version}, this program writes {VERSION}",
            str(path),
            "run invoke evaluate again",
        )
    return report


def verdict(part: Part) -> str:
    """Say in words how the trained policy did on a part of the corpus."""
    ratio = part.score_ratio.policy
    if ratio is None or not part.functions:
        return "no verdict: no function could be compared"
    counts = f"{part.better} better, {part.equal} equal, {part.worse} worse"
    change = abs(ratio - 1) * 100
    if math.isclose(ratio, 1.0, abs_tol=5e-5):
        how = "scores like the default"
    else:
        how = f"is {change:.2f} % {'better' if ratio < 1 else 'worse'} than the default"
    return f"the trained policy {how} on {part.functions} held-out functions ({counts})"
