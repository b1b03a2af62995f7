"""Baselines and replays of a whole corpus: made once, and told about."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping

from regalloc.compiler.pool import run_all
from regalloc.compiler.proof import Prover
from regalloc.formats.baselines import write_baselines
from regalloc.formats.corpus import read_corpus
from regalloc.formats.replays import Proof, write_replays
from regalloc.report.progress import progress

_HOW = {"full": "in full", "optimised": "with its functions without a decision"}


def prove_all(prover: Prover, jobs: int) -> dict[str, Proof]:
    """Write baselines and replays of a corpus, and return the latter by module."""
    modules = read_corpus(prover.folder)
    with progress("prove", len(modules)) as advance:
        found = run_all(
            prover.prove,
            modules,
            jobs,
            lambda _: advance(),
            seconds=lambda m: m.bitcode.stat().st_size,
        )
    names = [module.name for module in modules]
    proofs = {name: proof for name, (_, proof) in zip(names, found, strict=True)}
    baselines = {name: baseline for name, (baseline, _) in zip(names, found, strict=True)}
    write_baselines(prover.folder, baselines)
    write_replays(prover.folder, proofs)
    return proofs


def describe_proofs(proofs: Mapping[str, Proof]) -> str:
    """Return in words how modules are replayed, and which are not, and why."""
    modes = Counter(proof.mode for proof in proofs.values())
    deciding = len(proofs) - modes["nothing"]
    lines = [
        f"{deciding} of {len(proofs)} modules hold decisions; code generation alone gives the same "
        f"in {modes['reduced'] + modes['optimised']} of them"
    ]
    for name, proof in proofs.items():
        if proof.reason:
            lines.append(f"{name} is compiled {_HOW[proof.mode]}: {proof.reason.splitlines()[0]}")
    return "\n".join(lines)
