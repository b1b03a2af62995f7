"""Compare policies with the default heuristic on modules that training never saw.

A policy of the user's own is compared alone, on the whole corpus: none of it is the policy's.

The score of a compile is exact: the same module under the same policy scores the same each time.
The default heuristic's is the baseline that the corpus holds, and a second compile shows it.  What
limits the result is the choice of functions, so every ratio has an interval, and every function and
module that is left out is counted and named.
"""

from __future__ import annotations

import time
from collections.abc import Mapping, Sequence
from pathlib import Path

from regalloc import layout, settings
from regalloc.compiler.entry_counts import read_counts
from regalloc.compiler.pool import count_kinds
from regalloc.compiler.probe import probe, probe_policy
from regalloc.compiler.rollouts import Request
from regalloc.compiler.toolchain import Toolchain, open_toolchain
from regalloc.errors import CompileError, CorpusError
from regalloc.formats.baselines import list_functions, read_baselines
from regalloc.formats.compile_results import Failed
from regalloc.formats.corpus import Module, read_corpus, sample
from regalloc.formats.default_scores import read_scores
from regalloc.formats.trained_on import read_trained_on
from regalloc.profiles import format_bindings
from regalloc.report import report
from regalloc.report.parts import compare_times
from regalloc.report.progress import progress
from regalloc.report.report import EvaluationTimes, Report
from regalloc.report.rows import AGAIN, DEFAULT, POLICY
from regalloc.report.verdict import give_verdict
from regalloc.rl.export.policy_folder import check_policy, policy_hash
from regalloc.stages.compile_pool import open_pool
from regalloc.stages.context import StageContext
from regalloc.stages.evaluation_rows import (
    Measured,
    Results,
    collect_seconds,
    describe_failures,
    describe_part,
    recall,
    summarise,
)


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
    held_out, training = choose_modules(context, config.train_fraction)
    toolchain = open_toolchain(context.toolchain)
    probe(toolchain)
    for folder in policies.values():
        probe_policy(toolchain, folder)

    results = measure(context, toolchain, (*held_out, *training), policies)
    check_compiled(results, config.min_compiled)
    check_control(results)
    seen = frozenset[str]() if context.policy else find_trained_functions(context)
    entries = read_counts(context.folder(layout.CORPUS) / layout.ENTRY_COUNTS)
    part = describe_part(results, held_out, seen, context.seed, entries)
    seconds = collect_seconds(results)
    content = Report(
        version=report.VERSION,
        verdict=give_verdict(part),
        seed=context.seed,
        compiler=toolchain.description,
        policies={name: policy_hash(folder) for name, folder in policies.items()},
        settings=format_bindings(context.settings.sections),
        held_out=part,
        train=describe_part(results, training, frozenset(), context.seed, entries),
        failures=describe_failures(results),
        times=EvaluationTimes(
            stages_s={**context.durations_s, "evaluate": round(time.monotonic() - start, 1)},
            compile_user_s=seconds,
            compile_time=compare_times(seconds, context.seed),
        ),
        trained_on=() if context.policy else read_trained_on(context.folder(layout.MODEL)),
    )
    folder = context.folder(layout.EVALUATION)
    folder.mkdir(parents=True, exist_ok=True)
    report.write(content, folder / layout.REPORT)


def choose_modules(
    context: StageContext, train_fraction: float
) -> tuple[tuple[Module, ...], tuple[Module, ...]]:
    """Return the modules unknown to training and a sample of its own, both sorted by name."""
    corpus = read_corpus(context.folder(layout.CORPUS))
    if context.policy:
        return tuple(corpus), ()
    held_out = tuple(module for module in corpus if module.held_out)
    training = tuple(module for module in corpus if not module.held_out)
    return held_out, sample(training, train_fraction, context.seed)


def find_policies(context: StageContext) -> dict[str, Path]:
    """Return the folders of the policies that are compared, by the report's names.

    Raises:
        PolicyError: one of them holds no usable model.
    """
    warmstart = context.folder(layout.WARMSTART)
    trained = {
        "random": warmstart / layout.RANDOM_POLICY,
        "warmstart": warmstart / layout.GREEDY_POLICY,
        POLICY: context.folder(layout.MODEL) / layout.GREEDY_POLICY,
    }
    policies = {POLICY: context.policy} if context.policy else trained
    for folder in policies.values():
        check_policy(folder)
    return policies


def find_trained_functions(context: StageContext) -> frozenset[str]:
    """Return the names of all functions that training can have seen decisions of.

    An inline function is compiled in every module that uses it, so a held-out module may hold
    functions that training modules hold too.  Those are no part of a held-out result.  Training
    compiles modules that were not traced, too.
    """
    folder = context.folder(layout.CORPUS)
    training = [module.name for module in read_corpus(folder) if not module.held_out]
    traced = read_scores(context.folder(layout.TRACE))
    return traced.functions | list_functions(read_baselines(folder), training)


def measure(
    context: StageContext,
    toolchain: Toolchain,
    modules: Sequence[Module],
    policies: Mapping[str, Path],
) -> Results:
    """Return what each policy makes of the modules that hold a decision, and the default of all.

    What the default heuristic makes of them the corpus tells, as far as it does: each module with a
    decision is compiled under it once more, and what that differs in is noise.
    """

    def compile_under(title: str, requests: Sequence[Request]) -> list[Measured | Failed]:
        with progress(title, len(requests)) as advance:
            ends = pool.compile(requests, advance, measure_code=True)
        return [summarise(end) for end in ends]

    pool = open_pool(context, toolchain)
    found = read_baselines(context.folder(layout.CORPUS))
    new = [module for module in modules if module.name not in found]
    ends = compile_under(DEFAULT, [(module, None) for module in new]) if new else []
    default = {module.name: end for module, end in zip(new, ends, strict=True)}
    default |= {name: recall(baseline) for name, baseline in found.items()}
    results = {(DEFAULT, module.name): default[module.name] for module in modules}
    deciding = [
        module
        for module in modules
        if isinstance(end := default[module.name], Measured) and end.outcomes
    ]
    tried: dict[str, Path | None] = {AGAIN: None, **policies}
    keys = [(policy, module) for policy in tried for module in deciding]
    ends = compile_under("policies", [(module, tried[policy]) for policy, module in keys])
    return results | {
        (policy, module.name): end for (policy, module), end in zip(keys, ends, strict=True)
    }


def check_control(results: Results) -> None:
    """Raise CorpusError where the default heuristic does something else than the corpus says of it.

    A compile is the same each time, so the second one under the default is a control: where its
    scores differ, baselines or modules are not those that extract left.
    """
    off = [
        name
        for (policy, name), again in results.items()
        if policy == AGAIN
        and isinstance(again, Measured)
        and isinstance(first := results[DEFAULT, name], Measured)
        and again.outcomes != first.outcomes
    ]
    if off:
        raise CorpusError(
            "the default heuristic does not do again what the corpus says it did",
            f"{len(off)} modules have other scores, first {off[0]}",
            "the corpus was changed, or is another compiler's: run invoke extract again, in a new "
            "folder",
        )


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
