"""How often each function is entered, where the corpus was built with a profile.

The front end attaches a profile to the code that it makes, so the embedded bitcode holds it.  The
counts are read after optimisation: inlining takes the calls it inlines out of a function's count,
and what is left is how often the code that is scored was run.  A profile of generated code is put
on behind the optimiser, from a file, and read where code generation has it.

Source: ``getEntryCount`` in ``llvm/lib/IR/Function.cpp``.
"""

from __future__ import annotations

import re
import subprocess
from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path

from regalloc.compiler.command_lines import profile_flags, replay_flags
from regalloc.compiler.embedded_bitcode import Reason
from regalloc.compiler.known_arguments import OPTIMISER_PROFILE
from regalloc.compiler.toolchain import Toolchain
from regalloc.errors import CorpusError
from regalloc.files import UNREADABLE, checked_count, read_json, write_json

EntryCounts = Mapping[str, Mapping[str, int]]
"""By module and function; one that is not there was never entered."""

_SUMMARY = b"ProfileSummary"
_TIMEOUT_S = 600.0
_COUNTED = "-stop-after=regalloc-profile"
_NAME = re.compile(r'^define [^@]*@(?:"((?:[^"\\]|\\..)*)"|([-a-zA-Z$._0-9]+))\(')
_PROFILE = re.compile(r" !prof !(\d+)(?: |$)")
_COUNT = re.compile(r'^!(\d+) = !\{!"function_entry_count", i64 (\d+)')
_ESCAPED = re.compile(r"\\([0-9a-fA-F]{2})")


def find_entries(
    toolchain: Toolchain, bitcode: Path, cmd: Sequence[str], profile: Path | None = None
) -> dict[str, int] | Reason | None:
    """Return a module's entry counts, None if it has no profile, or why they cannot be had.

    Args:
        toolchain: where clang lies.
        bitcode: as it was before optimisation.
        cmd: ``cc1`` arguments of the original compile.
        profile: of the generated code, which counts for more than the optimiser's.

    Raises:
        CorpusError: the module cannot be optimised.
    """
    if profile is not None:
        return count_entries(toolchain, bitcode, cmd, profile) or "never executed"
    if not any(arg.startswith(OPTIMISER_PROFILE) for arg in cmd):
        return None
    # The middle end's profile is a file that the module does not have with it.
    if _SUMMARY not in bitcode.read_bytes():
        return "profile is not in its bitcode"
    return count_entries(toolchain, bitcode, cmd)


def count_entries(
    toolchain: Toolchain, bitcode: Path, cmd: Sequence[str], profile: Path | None = None
) -> dict[str, int]:
    """Return the functions of a module that were entered, sorted, with how often.

    Args:
        toolchain: where clang lies.
        bitcode: as it was before optimisation.
        cmd: ``cc1`` arguments of the original compile.
        profile: of the generated code, or None for the one in the bitcode.

    Raises:
        CorpusError: the module cannot be optimised.
    """
    # What code generation was given is printed in front of its machine code.
    printed = ("-S", "-mllvm", _COUNTED) if profile else ("-emit-llvm",)
    flags = (*replay_flags(cmd), *profile_flags(profile), *printed, "-x", "ir")
    argv = (str(toolchain.clang), "-cc1", *flags)
    try:
        run = subprocess.run(
            (*argv, str(bitcode), "-o", "-"), capture_output=True, timeout=_TIMEOUT_S, check=True
        )
    except (OSError, subprocess.SubprocessError) as error:
        said = getattr(error, "stderr", None) or b""
        raise CorpusError(
            "a module's entry counts cannot be read",
            f"{bitcode}: {error}\n{said.decode(errors='replace')[-2000:]}".strip(),
            "build the corpus again without a profile",
        ) from error
    return parse_counts(run.stdout.decode("utf-8", "surrogateescape").splitlines())


def parse_counts(lines: Iterable[str]) -> dict[str, int]:
    """Return the entry counts above 0 of a module in LLVM's textual form."""
    nodes: dict[str, str] = {}
    counts: dict[str, int] = {}
    for printed in lines:
        # In front of machine code it is indented.
        line = printed.removeprefix("  ")
        if (named := _NAME.match(line)) and (found := _PROFILE.search(line, named.end())):
            nodes[_unescape(named[1]) if named[2] is None else named[2]] = found[1]
        elif counted := _COUNT.match(line):
            counts[counted[1]] = int(counted[2])
    return {name: counts[node] for name, node in sorted(nodes.items()) if counts.get(node)}


def write_counts(counts: EntryCounts, path: Path) -> None:
    """Write the counts of a corpus."""
    write_json(path, counts, sort_keys=True)


def read_counts(path: Path) -> EntryCounts | None:
    """Return the counts of a corpus, or None if it was built without a profile.

    Raises:
        CorpusError: the file is damaged.
    """
    if not path.exists():
        return None
    try:
        counts = read_json(path)
        return {
            module: {name: checked_count(count) for name, count in found.items()}
            for module, found in counts.items()
        }
    except UNREADABLE as error:
        raise CorpusError(
            "the entry counts cannot be read", f"{path}: {error!r}", "run invoke extract again"
        ) from error


def _unescape(name: str) -> str:
    return _ESCAPED.sub(lambda found: chr(int(found[1], 16)), name)
