"""Cut the embedded bitcode out of the corpus objects, and prepare all that later stages compile.

The held-out modules are chosen, what the default heuristic makes of each module is found, and each
is optimised once: from then on code generation alone is done again, on proof that it changes
nothing.
"""

from __future__ import annotations

import re
import tempfile
from collections import Counter, defaultdict
from collections.abc import Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from pathlib import Path

from regalloc import layout, settings
from regalloc.compiler.command_lines import sort_arguments
from regalloc.compiler.embedded_bitcode import Embedded, Reason, dump_sections
from regalloc.compiler.entry_counts import EntryCounts, find_entries, write_counts
from regalloc.compiler.probe import probe
from regalloc.compiler.proof import Prover
from regalloc.compiler.toolchain import Toolchain, open_toolchain
from regalloc.errors import ConfigError, CorpusError
from regalloc.files import write_json
from regalloc.formats.compile_commands import BuiltObject
from regalloc.formats.corpus import find_profile, join_cmd, parse_cmd, write_corpus
from regalloc.report.progress import progress
from regalloc.stages.context import StageContext
from regalloc.stages.corpus_builds import find_builds, read_builds, split_corpus
from regalloc.stages.corpus_profiles import Profiles
from regalloc.stages.corpus_proofs import describe_proofs, prove_all

EXPECTED: frozenset[Reason] = frozenset(
    {
        "assembler source",
        "compiles to no object",
        "filtered by cmd_filter",
        "never executed",
        "no file of the build",
    }
)
"""Objects left out for these reasons were never meant to become modules."""

FOREIGN: Reason = "built by another clang"

_MOST_NAMES = 12


@dataclass(frozen=True)
class Cut:
    """What became of one object.

    Attributes:
        reason: why it is no module, or None.
        producer: version of the LLVM that wrote its bitcode, if it was meant to become a module.
        entries: how often its functions were entered, or None where it has no profile.
        left_out: names of the arguments that its replays do without though they may change code.
    """

    reason: Reason | None
    producer: str = ""
    entries: Mapping[str, int] | None = None
    left_out: frozenset[str] = frozenset()


@dataclass(frozen=True, kw_only=True)
class Extraction:
    """What became of all objects.

    Attributes:
        objects: number of objects of the build.
        names: those that became modules.
        skipped: the others by reason.
        producers: number of objects by the version of the LLVM that wrote their bitcode; those that
            were filtered are not counted.
        entries: how often the functions of each module with a profile were entered.
        left_out: number of modules by the name of an argument that their replays do without though
            it may change code.
    """

    objects: int
    names: list[str]
    skipped: dict[Reason, list[str]]
    producers: dict[str, int]
    entries: EntryCounts = field(default_factory=dict)
    left_out: dict[str, int] = field(default_factory=dict)

    def to_json(self) -> dict[str, object]:
        """Return the content of ``extraction.json``."""
        return {
            "objects": self.objects,
            "extracted": len(self.names),
            "producers": dict(sorted(self.producers.items())),
            "skipped": {reason: sorted(names) for reason, names in sorted(self.skipped.items())},
            "arguments_left_out": dict(sorted(self.left_out.items())),
        }


@dataclass(frozen=True)
class _Cutter:
    toolchain: Toolchain
    pattern: re.Pattern[str]
    corpus: Path
    scratch: Path
    profiles: Profiles

    def cut(self, numbered: tuple[int, BuiltObject]) -> Cut:
        """Place one object's module in the corpus, or say why there is none."""
        number, built = numbered
        if built.left_out is not None:
            return Cut(built.left_out)
        dumped = dump_sections(self.toolchain, built.path, self.scratch / str(number))
        if not isinstance(dumped, Embedded):
            return Cut(dumped)
        cmd = parse_cmd(dumped.cmd.read_bytes())
        if not any(self.pattern.search(flag) for flag in cmd):
            return Cut("filtered by cmd_filter")
        if dumped.producer != self.toolchain.version:
            return Cut(FOREIGN, dumped.producer)
        if (taken := self.profiles.take(cmd)) is None:
            return Cut("its profile is missing", dumped.producer)
        profile = find_profile(taken, self.corpus)
        entries = find_entries(self.toolchain, dumped.bitcode, cmd, profile)
        if isinstance(entries, str):
            return Cut(entries, dumped.producer)
        target = self.corpus / built.name
        target.parent.mkdir(parents=True, exist_ok=True)
        dumped.bitcode.replace(f"{target}{layout.BITCODE_SUFFIX}")
        if profile:
            dumped.cmd.write_bytes(join_cmd(taken))
        dumped.cmd.replace(f"{target}{layout.ARGUMENTS_SUFFIX}")
        left_out = frozenset(sort_arguments(cmd).unknown)
        return Cut(None, dumped.producer, entries, left_out)


def run(context: StageContext) -> None:
    """Write the modules, what describes them, their baselines and how they are replayed.

    A corpus that was built with a profile also gets ``entry_counts.json``.

    Raises:
        CorpusError: there is no build, too few of its objects became modules, or another clang
            made them.
        ConfigError: the filter is no regular expression.
        ToolchainError: clang or llvm-objcopy is missing, clang lacks the ML hooks, or is of a
            release that is not supported.
    """
    config = context.settings.get(settings.Corpus)
    pattern = _compile_filter(config.cmd_filter)
    builds = find_builds(context)
    objects = read_builds(builds)
    toolchain = open_toolchain(context.toolchain)
    folder = context.folder(layout.CORPUS)
    folder.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory(prefix=".extract-", dir=folder) as scratch:
        profiles = Profiles(folder, builds)
        cutter = _Cutter(toolchain, pattern, folder, Path(scratch), profiles)
        extraction = sort_out(objects, _cut_all(cutter, objects, context.jobs))
    write_json(folder / layout.EXTRACTION, extraction.to_json())
    check_extracted(extraction, config.min_extracted, toolchain.version)
    print(describe(extraction))
    if extraction.entries:
        write_counts(extraction.entries, folder / layout.ENTRY_COUNTS)
    write_corpus(folder, extraction.names, split_corpus(context, extraction.names))
    probe(toolchain)
    prover = Prover(toolchain, context.settings.get(settings.Limits), folder)
    print(describe_proofs(prove_all(prover, context.jobs)))


def sort_out(objects: Sequence[BuiltObject], cuts: Sequence[Cut]) -> Extraction:
    """Tell the objects that became modules from the others."""
    skipped: defaultdict[Reason, list[str]] = defaultdict(list)
    names: list[str] = []
    for built, cut in zip(objects, cuts, strict=True):
        (names if cut.reason is None else skipped[cut.reason]).append(built.name)
    producers = Counter(cut.producer for cut in cuts if cut.producer)
    entries = {built.name: cut.entries for built, cut in zip(objects, cuts, strict=True)}
    return Extraction(
        objects=len(objects),
        names=names,
        skipped=dict(skipped),
        producers=dict(producers),
        entries={name: counts for name, counts in entries.items() if counts is not None},
        left_out=dict(Counter(name for cut in cuts for name in cut.left_out)),
    )


def describe(extraction: Extraction) -> str:
    """Return what became of the objects, one line a reason, and what replays do without."""
    made, objects = len(extraction.names), extraction.objects
    lines = [f"{made} of {objects} objects became modules", *_histogram(extraction.skipped)]
    if extraction.left_out:
        ranked = sorted(extraction.left_out.items(), key=lambda item: (-item[1], item[0]))
        names = ", ".join(f"{name} ({count})" for name, count in ranked[:_MOST_NAMES])
        more = f" and {len(ranked) - _MOST_NAMES} more" if len(ranked) > _MOST_NAMES else ""
        lines.append(f"arguments left out of replays, by modules that had them: {names}{more}")
    return "\n".join(lines)


def check_extracted(extraction: Extraction, minimum: float, version: str) -> None:
    """Raise CorpusError when too few objects became modules.

    Objects that were not meant to become modules do not count.

    Args:
        extraction: what became of the objects.
        minimum: fraction that must have become modules.
        version: of the toolchain's LLVM.
    """
    skipped, extracted = extraction.skipped, len(extraction.names)
    wanted = extraction.objects - sum(len(skipped.get(reason, ())) for reason in EXPECTED)
    if extracted and extracted >= minimum * wanted:
        return
    histogram = "\n".join(_histogram(skipped))
    if FOREIGN in skipped:
        others = ", ".join(name for name in sorted(extraction.producers) if name != version)
        raise CorpusError(
            "the corpus was built by another clang",
            f"its bitcode is of LLVM {others}, this clang is LLVM {version}\n{histogram}",
            "build the corpus again by this toolchain's clang, or run all stages with the --llvm "
            "that built it",
        )
    if not wanted and extraction.objects:
        raise CorpusError(
            f"none of the {extraction.objects} objects was meant to become a module",
            histogram,
            "choose a Corpus.cmd_filter that its flags match, or another corpus",
        )
    raise CorpusError(
        f"{extracted} of {wanted} objects became modules, {minimum:.0%} must",
        histogram,
        "build the corpus image again with clang -fembed-bitcode=all, or change Corpus.cmd_filter",
    )


def _histogram(skipped: Mapping[Reason, Sequence[str]]) -> list[str]:
    return [
        f"{len(names)} x {reason}, first {names[0]}" for reason, names in sorted(skipped.items())
    ]


def _cut_all(cutter: _Cutter, objects: Sequence[BuiltObject], jobs: int) -> list[Cut]:
    cuts: list[Cut] = []
    with progress("extract", len(objects)) as advance:
        pool = ThreadPoolExecutor(max_workers=jobs, thread_name_prefix="extract")
        try:
            for cut in pool.map(cutter.cut, enumerate(objects)):
                cuts.append(cut)
                advance()
        finally:
            pool.shutdown(wait=True, cancel_futures=True)
    return cuts


def _compile_filter(expression: str) -> re.Pattern[str]:
    try:
        return re.compile(expression)
    except re.error as error:
        raise ConfigError(
            "Corpus.cmd_filter is no regular expression",
            f"{expression!r}: {error}",
            "set it to an expression that matches a compiler flag, such as '^-O2|-O3$'",
        ) from error
