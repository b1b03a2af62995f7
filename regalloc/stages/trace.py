"""Record what the default heuristic decides, and what it scores, on the training modules.

Held-out modules are never traced: nothing that is learned may have seen them.
"""

from __future__ import annotations

from collections.abc import Sequence

from regalloc import layout, settings
from regalloc.compiler.pool import compile_all, count_kinds
from regalloc.compiler.probe import probe
from regalloc.compiler.toolchain import Toolchain, open_toolchain
from regalloc.errors import CompileError, CorpusError, TraceError
from regalloc.formats.baselines import read_baselines, settle
from regalloc.formats.compile_results import Compiled, Failed, Result
from regalloc.formats.corpus import Module, read_corpus, sample
from regalloc.formats.default_scores import collect_scores, write_scores
from regalloc.formats.trace_file import write_trace
from regalloc.report.progress import progress
from regalloc.stages.context import StageContext

MIN_COMPILED = 0.9
"""The default heuristic compiles everything; below this the compiler or the limits are wrong."""


def run(context: StageContext) -> None:
    """Write ``trace.tfrecord`` and ``default_scores.json``.

    Raises:
        CorpusError: the corpus cannot be read.
        ToolchainError: clang lacks the ML hooks, or is of a release that is not supported.
        CompileError: fewer than nine in ten modules compiled.
        TraceError: no function had a decision.
    """
    modules = choose_modules(context)
    toolchain = open_toolchain(context.toolchain)
    probe(toolchain)
    results = compile_defaults(context, toolchain, modules)
    check_compiled(results)
    folder = context.folder(layout.TRACE)
    folder.mkdir(parents=True, exist_ok=True)
    write_scores(folder, collect_scores(results))
    episodes = [e for result in results if isinstance(result, Compiled) for e in result.episodes]
    if not episodes:
        raise TraceError(
            "the corpus holds no eviction decision",
            f"{len(modules)} modules compiled, no function ran out of registers",
            "take a larger corpus, or check Corpus.cmd_filter: -O0 code is not allocated by greedy",
        )
    write_trace(folder / layout.TRACE_RECORDS, episodes)


def choose_modules(context: StageContext) -> tuple[Module, ...]:
    """Return the sampled training modules, sorted by name."""
    corpus = read_corpus(context.folder(layout.CORPUS))
    training = [module for module in corpus if not module.held_out]
    if not training:
        raise CorpusError(
            "the corpus has no training module",
            f"all {len(corpus)} modules are held out",
            "lower Corpus.held_out_fraction or take a larger corpus, and run extract again",
        )
    rate = context.settings.get(settings.Trace).sampling_rate
    return sample(training, rate, context.seed)


def compile_defaults(
    context: StageContext, toolchain: Toolchain, modules: Sequence[Module]
) -> list[Result]:
    """Compile the modules that hold a decision, and return a result for each of the modules."""
    baselines = read_baselines(context.folder(layout.CORPUS))
    settled = {module.name: settle(module.name, baselines.get(module.name)) for module in modules}
    requests = [(module, None) for module in modules if settled[module.name] is None]
    limits = context.settings.get(settings.Limits)
    with progress("trace", len(requests)) as advance:
        compiled = iter(compile_all(toolchain, requests, limits, context.jobs, advance))
    return [settled[module.name] or next(compiled) for module in modules]


def check_compiled(results: Sequence[Result]) -> None:
    """Raise CompileError with a histogram when too many compiles failed."""
    failures = [result for result in results if isinstance(result, Failed)]
    if len(results) - len(failures) >= MIN_COMPILED * len(results):
        return
    first = failures[0]
    raise CompileError(
        f"{len(failures)} of {len(results)} modules did not compile",
        f"{count_kinds(failures)}\nfirst: {first.module}: {first.detail}",
        "raise Limits.wall_s or Limits.memory_mb for timeout and out_of_memory, "
        "run extract again for bad_module",
    )
