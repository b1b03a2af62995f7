"""Whether what was made twice is the same."""

from __future__ import annotations

import json
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

from regalloc.errors import VerifyError
from regalloc.images.file_hashes import Difference, compare_files
from regalloc.layout import EVALUATION, PROGRAMS, PROGRAMS_RESULT, REPORT
from regalloc.pipeline.manifest import hash_outputs

REPORTS = {EVALUATION: REPORT, PROGRAMS: PROGRAMS_RESULT}
TIMES = "times"
SHOWN = 10


@dataclass(frozen=True)
class Reproduction:
    """What was compared of one image or stage.

    Attributes:
        what: `image` or `stage`, and its name.
        files: how many files there are.
        differences: those that differ.
    """

    what: str
    files: int
    differences: tuple[Difference, ...]


def compare_stages(first: Path, second: Path) -> Iterator[Difference]:
    """Yield in what two folders of a stage differ; of a report, in which values.

    The times that a report tells are left out.
    """
    files = [hash_outputs(folder) for folder in (first, second)]
    report = REPORTS.get(first.name, "")
    if all(report in found for found in files):
        values = []
        for folder, found in zip((first, second), files, strict=True):
            del found[report]
            content = json.loads((folder / report).read_bytes())
            content.pop(TIMES)
            values.append(dict(_values(report, content)))
        yield from compare_files(*values)
    yield from compare_files(*files)


def _values(path: str, content: object) -> Iterator[tuple[str, str]]:
    """Yield each value in a JSON document by its path."""
    if content and isinstance(content, dict):
        for name, inner in content.items():
            yield from _values(f"{path} {name}", inner)
    elif content and isinstance(content, list):
        for index, inner in enumerate(content):
            yield from _values(f"{path} {index}", inner)
    else:
        yield path, json.dumps(content)


def write_differences(path: Path, reproductions: Sequence[Reproduction]) -> None:
    """Write every file that differs, however many there are."""
    path.parent.mkdir(parents=True, exist_ok=True)
    found = (
        difference for reproduction in reproductions for difference in reproduction.differences
    )
    path.write_text("".join(f"{d.path}\t{d.first}\t{d.second}\n" for d in found))


def check_reproductions(reproductions: Sequence[Reproduction], listing: Path) -> None:
    """Check that nothing differs.

    Raises:
        VerifyError: something does; the first files are named.
    """
    for made in reproductions:
        if made.differences:
            shown = "\n".join(
                f"{found.path}\n  first  {found.first}\n  second {found.second}"
                for found in made.differences[:SHOWN]
            )
            raise VerifyError(
                f"{made.what} is not reproducible: {made.differences[0].path} differs",
                f"{shown}\nall {len(made.differences)}: {listing}",
                "find what the build or the stage takes from its surroundings",
            )
