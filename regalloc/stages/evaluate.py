"""Compare policies with the default heuristic on modules that training never saw.

The score of a compile is exact: the same module under the same policy scores the same each time.
What limits the result is the choice of functions, so every function and module that is left out is
counted and named.
"""

from __future__ import annotations

import json
import time
from collections import Counter
from collections.abc import Mapping, Sequence
from pathlib import Path

from regalloc import settings
from regalloc.compiler.corpus import Module, read_corpus, sample
from regalloc.compiler.pool import Request, compile_all, count_kinds
from regalloc.compiler.probe import probe, probe_policy
from regalloc.compiler.runner import Compiled, Failed, Result
from regalloc.compiler.toolchain import Toolchain, open_toolchain
from regalloc.compiler.trace_file import DEFAULT_SCORES
from regalloc.errors import CompileError, TraceError
from regalloc.report import report
from regalloc.report.progress import progress
from regalloc.report.ratios import FunctionId, compare, identify
from regalloc.report.report import Part, Ratios, Report
from regalloc.rl.folder import GREEDY, RANDOM, check_policy, policy_hash
from regalloc.stages import table
from regalloc.stages.context import StageContext

REPORT = "report.json"
DEFAULT = "default"


Results = Mapping[tuple[str, str], Result]
"""What became of a policy's compile of a module, by the names of both."""


def run(context: StageContext) -> None:
    """Write ``report.json``.

    Raises:
        CorpusError: the corpus cannot be read.
        PolicyError: a policy's folder holds no model that the compiler can use.
        ToolchainError: clang lacks the ML hooks, or is of a release that is not supported.
        CompileError: too many modules failed under a policy.
        TraceError: the default scores cannot be read.
    """
    start = time.monotonic()
    config = context.settings.get(settings.Evaluate)
    policies = find_policies(context)
    corpus = read_corpus(context.folder(table.CORPUS))
    held_out = tuple(module for module in corpus if module.held_out)
    training = tuple(module for module in corpus if not module.held_out)
    training = sample(training, config.train_fraction, context.seed)
    toolchain = open_toolchain(context.toolchain)
    probe(toolchain)
    for folder in policies.values():
        probe_policy(toolchain, folder)

    results = measure(context, toolchain, (*held_out, *training), policies)
    failures = [result for result in results.values() if isinstance(result, Failed)]
    check_compiled(results, config.min_compiled)
    seen = read_trained_functions(context.folder(table.TRACE) / DEFAULT_SCORES)
    part = describe_part(results, compiled_everywhere(held_out, results), seen)
    content = Report(
        version=report.VERSION,
        verdict=report.verdict(part),
        seed=context.seed,
        compiler=toolchain.description,
        policy=policy_hash(policies["policy"]),
        held_out=part,
        train=describe_part(results, compiled_everywhere(training, results), frozenset()),
        failures=dict(sorted(Counter(failure.kind for failure in failures).items())),
        quarantined=[
            f"{failure.module} under {policy}: {failure.kind}"
            for (policy, _), failure in results.items()
            if isinstance(failure, Failed)
        ],
        wall_s=read_durations(context) | {"evaluate": round(time.monotonic() - start, 1)},
    )
    folder = context.folder(table.EVALUATION)
    folder.mkdir(parents=True, exist_ok=True)
    report.write(content, folder / REPORT)


def find_policies(context: StageContext) -> dict[str, Path]:
    """Return the folders of the policies that are compared, by the report's names.

    Raises:
        PolicyError: one of them holds no usable model.
    """
    warmstart = context.folder(table.WARMSTART)
    policies = {
        "random": warmstart / RANDOM,
        "warmstart": warmstart / GREEDY,
        "policy": context.folder(table.MODEL) / GREEDY,
    }
    for folder in policies.values():
        check_policy(folder)
    return policies


def read_trained_functions(path: Path) -> frozenset[str]:
    """Return the names of all functions that training saw decisions of.

    An inline function is compiled in every module that uses it, so a held-out module may hold
    functions that training modules hold too.  Those are no part of a held-out result.

    Raises:
        TraceError: the file is missing or damaged.
    """
    try:
        modules = json.loads(path.read_text(encoding="utf-8"))["modules"]
        return frozenset(entry["function"] for entries in modules.values() for entry in entries)
    except (OSError, ValueError, KeyError, TypeError, AttributeError) as error:
        raise TraceError(
            "the default scores cannot be read", f"{path}: {error!r}", "run invoke trace again"
        ) from error


def measure(
    context: StageContext,
    toolchain: Toolchain,
    modules: Sequence[Module],
    policies: Mapping[str, Path],
) -> Results:
    """Compile the modules under the default heuristic, and those with a decision under each policy.

    Without a decision there is nothing a policy could change, so those are not compiled again.
    """
    limits = context.settings.get(settings.Limits)
    with progress("default", len(modules)) as advance:
        requests: list[Request] = [(module, None) for module in modules]
        ends = compile_all(toolchain, requests, limits, context.jobs, advance)
    results = {(DEFAULT, module.name): end for module, end in zip(modules, ends, strict=True)}
    deciding = [
        module
        for module, end in zip(modules, ends, strict=True)
        if isinstance(end, Compiled) and end.episodes
    ]
    keys = [(policy, module) for policy in policies for module in deciding]
    with progress("policies", len(keys)) as advance:
        requests = [(module, policies[policy]) for policy, module in keys]
        ends = compile_all(toolchain, requests, limits, context.jobs, advance)
    for (policy, module), end in zip(keys, ends, strict=True):
        results[policy, module.name] = end
    return results


def describe_part(results: Results, modules: frozenset[str], seen: frozenset[str]) -> Part:
    """Compare every policy on the modules, leaving out functions that were seen in training."""
    default = _scores(results, DEFAULT, modules)
    kept = {name: score for name, score in default.items() if name[2] not in seen}
    compared = {
        policy: compare(kept, _scores(results, policy, modules))
        for policy in ("random", "warmstart", "policy")
    }
    trained = compared["policy"]
    return Part(
        modules=len(modules),
        functions=trained.functions,
        decisions=_count_decisions(results, modules, seen),
        shared_functions=len(default) - len(kept),
        score_ratio=Ratios(**{name: comparison.ratio for name, comparison in compared.items()}),
        better=trained.better,
        equal=trained.equal,
        worse=trained.worse,
        without_ratio=trained.without_ratio,
    )


def compiled_everywhere(modules: Sequence[Module], results: Results) -> frozenset[str]:
    """Return the names of the modules that compiled under every policy that was tried on them."""
    failed = {name for (_, name), end in results.items() if isinstance(end, Failed)}
    return frozenset(module.name for module in modules) - failed


def check_compiled(results: Results, min_compiled: float) -> None:
    """Raise CompileError when a policy failed on more modules than a result can bear."""
    for policy in dict.fromkeys(policy for policy, _ in results):
        ends = [result for (name, _), result in results.items() if name == policy]
        failures = [end for end in ends if isinstance(end, Failed)]
        if len(ends) - len(failures) < min_compiled * len(ends):
            raise CompileError(
                f"{len(failures)} of {len(ends)} modules did not compile under {policy}",
                f"{count_kinds(failures)}\nfirst: {failures[0].module}: {failures[0].detail}",
                "a policy that evicts in circles times out: train longer, or raise Limits.wall_s",
            )


def read_durations(context: StageContext) -> dict[str, float]:
    """Return the seconds each earlier stage took, from the manifests that are there."""
    durations: dict[str, float] = {}
    for stage in table.STAGES:
        path = context.folder(stage.writes) / "manifest.json"
        if stage.writes != table.EVALUATION and path.is_file():
            durations[stage.name] = json.loads(path.read_text(encoding="utf-8"))["duration_s"]
    return durations


def _scores(results: Results, policy: str, modules: frozenset[str]) -> dict[FunctionId, float]:
    scores: dict[FunctionId, float] = {}
    for (name, module), end in results.items():
        if name == policy and module in modules and isinstance(end, Compiled):
            scores |= identify(module, ((e.function, e.score) for e in end.episodes))
    return scores


def _count_decisions(results: Results, modules: frozenset[str], seen: frozenset[str]) -> int:
    return sum(
        episode.decisions
        for (policy, module), end in results.items()
        if policy == DEFAULT and module in modules and isinstance(end, Compiled)
        for episode in end.episodes
        if episode.function not in seen
    )
