"""Cut the embedded bitcode out of the corpus objects and choose the held-out modules."""

from __future__ import annotations

import json
import re
import tempfile
from collections import defaultdict
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path

from regalloc import settings
from regalloc.compiler.compile_commands import BuiltObject, read_objects
from regalloc.compiler.corpus import DESCRIPTION, SPLIT, choose_split, parse_cmd
from regalloc.compiler.sections import Embedded, Reason, dump_sections
from regalloc.compiler.toolchain import Toolchain
from regalloc.errors import ConfigError, CorpusError
from regalloc.report.progress import progress
from regalloc.stages import table
from regalloc.stages.context import StageContext

EXTRACTION = "extraction.json"

EXPECTED: frozenset[Reason] = frozenset({"assembler source", "filtered by cmd_filter"})
"""Objects left out for these reasons were never meant to become modules."""

Skipped = dict[Reason, list[str]]


@dataclass(frozen=True)
class _Cutter:
    toolchain: Toolchain
    pattern: re.Pattern[str]
    corpus: Path
    scratch: Path

    def cut(self, numbered: tuple[int, BuiltObject]) -> Reason | None:
        """Place one object's module in the corpus, or return why there is none."""
        number, built = numbered
        if built.assembler:
            return "assembler source"
        dumped = dump_sections(self.toolchain, built.path, self.scratch / str(number))
        if not isinstance(dumped, Embedded):
            return dumped
        if not any(self.pattern.search(flag) for flag in parse_cmd(dumped.cmd.read_bytes())):
            return "filtered by cmd_filter"
        target = self.corpus / built.name
        target.parent.mkdir(parents=True, exist_ok=True)
        dumped.bitcode.replace(f"{target}.bc")
        dumped.cmd.replace(f"{target}.cmd")
        return None


def run(context: StageContext) -> None:
    """Write the modules, ``corpus_description.json``, ``split.json`` and ``extraction.json``.

    Raises:
        CorpusError: there is no build, or too few of its objects became modules.
        ConfigError: the filter is no regular expression.
    """
    config = context.settings.get(settings.Corpus)
    pattern = _compile_filter(config.cmd_filter)
    objects = read_objects(context.objects)
    folder = context.folder(table.CORPUS)
    folder.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory(prefix=".extract-", dir=folder) as scratch:
        cutter = _Cutter(Toolchain(context.toolchain), pattern, folder, Path(scratch))
        reasons = _cut_all(cutter, objects, context.jobs)
    names, skipped = sort_out(objects, reasons)
    _write(folder / EXTRACTION, describe_extraction(len(objects), len(names), skipped))
    check_extracted(len(objects), len(names), skipped, config.min_extracted)
    _write(folder / DESCRIPTION, {"modules": names, "has_thinlto": False})
    _write(folder / SPLIT, choose_split(names, config.held_out_fraction).to_json())


def sort_out(
    objects: Sequence[BuiltObject], reasons: Sequence[Reason | None]
) -> tuple[list[str], Skipped]:
    """Return the names that became modules, and the others by reason."""
    skipped: defaultdict[Reason, list[str]] = defaultdict(list)
    names: list[str] = []
    for built, reason in zip(objects, reasons, strict=True):
        (names if reason is None else skipped[reason]).append(built.name)
    return names, dict(skipped)


def check_extracted(objects: int, extracted: int, skipped: Skipped, minimum: float) -> None:
    """Raise CorpusError with a histogram when too few objects became modules.

    Objects that were not meant to become modules do not count.
    """
    wanted = objects - sum(len(skipped.get(reason, ())) for reason in EXPECTED)
    if extracted and extracted >= minimum * wanted:
        return
    histogram = "\n".join(
        f"{len(names)} x {reason}, first {names[0]}" for reason, names in sorted(skipped.items())
    )
    raise CorpusError(
        f"{extracted} of {wanted} objects became modules, {minimum:.0%} must",
        histogram,
        "build the corpus image again with clang -fembed-bitcode=all, or change Corpus.cmd_filter",
    )


def describe_extraction(objects: int, extracted: int, skipped: Skipped) -> dict[str, object]:
    """Return the content of ``extraction.json``."""
    return {
        "objects": objects,
        "extracted": extracted,
        "skipped": {reason: sorted(names) for reason, names in sorted(skipped.items())},
    }


def _cut_all(cutter: _Cutter, objects: Sequence[BuiltObject], jobs: int) -> list[Reason | None]:
    reasons: list[Reason | None] = []
    with progress("extract", len(objects)) as advance:
        pool = ThreadPoolExecutor(max_workers=jobs, thread_name_prefix="extract")
        try:
            for reason in pool.map(cutter.cut, enumerate(objects)):
                reasons.append(reason)
                advance()
        finally:
            pool.shutdown(wait=True, cancel_futures=True)
    return reasons


def _compile_filter(expression: str) -> re.Pattern[str]:
    try:
        return re.compile(expression)
    except re.error as error:
        raise ConfigError(
            "Corpus.cmd_filter is no regular expression",
            f"{expression!r}: {error}",
            "set it to an expression that matches a compiler flag, such as '^-O2|-O3$'",
        ) from error


def _write(path: Path, content: dict[str, object]) -> None:
    # ASCII with escapes: names that are not UTF-8 survive as lone surrogates.
    path.write_text(json.dumps(content, indent=1) + "\n", encoding="ascii")
