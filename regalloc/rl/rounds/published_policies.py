"""Deployable policies on disk as training goes, and the links to the best and the latest."""

from __future__ import annotations

import shutil
from collections.abc import Mapping
from dataclasses import asdict, dataclass
from pathlib import Path

from regalloc.files import read_json, write_json
from regalloc.layout import (
    BEST,
    COLLECTED_SCORE,
    GREEDY_POLICY,
    LATEST,
    POLICIES,
    SAMPLING_POLICY,
)
from regalloc.rl.export import policy_writer
from regalloc.rl.network.policy_network import Weights
from regalloc.rl.network.preprocessing import Encoder


@dataclass(frozen=True, kw_only=True)
class CollectedScore:
    """How a policy did when it was collected with, sampling its actions.

    Attributes:
        iteration: rounds of learning the policy has behind it.
        ratio: geometric mean over functions of its score relative to the default heuristic's;
            below 1 is better than the default.  None without a function that has costs.
        reward: mean reward over functions.
        functions: functions compared, once per rollout.
        modules: compiles that ended well.
        failed: compiles that did not.
    """

    iteration: int
    ratio: float | None
    reward: float
    functions: int
    modules: int
    failed: int


def publish(
    folder: Path, encoder: Encoder, weights: Weights, seed: int, score: CollectedScore
) -> None:
    """Write ``policies/<iteration>`` and move the links.

    ``latest`` points to the newest policy, ``best`` to the one with the lowest ratio.  Each ratio
    was measured on that round's modules, by sampling, so ``best`` is a hint and no result: that is
    what evaluate is for.  ``saved_policy`` is the latest one's, as in upstream's layout.
    """
    policies = folder / POLICIES
    draft = policies / f".{score.iteration}.draft"
    shutil.rmtree(draft, ignore_errors=True)
    policy_writer.export_greedy(draft / GREEDY_POLICY, encoder, weights)
    policy_writer.export_sampling(draft / SAMPLING_POLICY, encoder, weights, seed)
    write_json(draft / COLLECTED_SCORE, asdict(score))
    target = policies / str(score.iteration)
    shutil.rmtree(target, ignore_errors=True)
    draft.rename(target)
    ratios = _read_ratios(policies)
    latest = f"{POLICIES}/{score.iteration}"
    _link(folder / LATEST, latest)
    _link(folder / GREEDY_POLICY, f"{latest}/{GREEDY_POLICY}")
    if ratios:
        best = min(ratios, key=lambda iteration: (ratios[iteration], iteration))
        _link(folder / BEST, f"{POLICIES}/{best}")


def _read_ratios(policies: Path) -> Mapping[int, float]:
    scores = [read_json(path) for path in policies.glob(f"[0-9]*/{COLLECTED_SCORE}")]
    return {s["iteration"]: s["ratio"] for s in scores if s["ratio"] is not None}


def _link(link: Path, target: str) -> None:
    """Point a link elsewhere; at each moment it is the old or the new one."""
    draft = link.with_name(f".{link.name}.draft")
    draft.unlink(missing_ok=True)
    draft.symlink_to(target)
    draft.replace(link)
