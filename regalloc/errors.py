"""Every way the project can fail, each with a brief, details, a resolution and an exit code.

One class stands for one cause.  The entry points (``tasks.py`` on the host and
``python -m regalloc`` in a container) catch :class:`RegallocError` once, print it and leave
with its exit code; a traceback is shown only with ``--debug``.
"""

from __future__ import annotations

from typing import ClassVar

from regalloc.text import printable


class RegallocError(Exception):
    """A failure a user can understand and act on.

    Args:
        brief: one line that says what is wrong.
        details: what was seen (a path, an output's last lines), or an empty string.
        resolution: what to do about it, in the imperative.
    """

    exit_code: ClassVar[int] = 1

    def __init__(self, brief: str, details: str = "", resolution: str = "") -> None:
        super().__init__(brief)
        self.brief = brief
        self.details = details
        self.resolution = resolution

    def render(self) -> str:
        """Return the whole message as plain text, one part a line, fit to be shown."""
        parts = [f"error: {self.brief}"]
        if self.details:
            parts.append(self.details.rstrip())
        if self.resolution:
            parts.append(f"what to do: {self.resolution}")
        return printable("\n".join(parts))


class ConfigError(RegallocError):
    """A gin file, binding, flag or environment variable that cannot be used."""

    exit_code = 10


class EngineError(RegallocError):
    """No way to run a stage: no docker engine, and no right to work without one."""

    exit_code = 11


class ImageError(RegallocError):
    """An image, or the local toolchain that stands for it, could not be built or found."""

    exit_code = 12


class StageError(RegallocError):
    """A stage ended with an exit code that names no cause of its own."""

    exit_code = 13


class ManifestError(RegallocError):
    """A manifest or a stored result that does not parse or does not fit."""

    exit_code = 14


class DiskError(RegallocError):
    """A disk that is full, missing or not writable."""

    exit_code = 15


class MemoryLimitError(RegallocError):
    """The container or the machine ran out of memory."""

    exit_code = 16


class RegistryError(RegallocError):
    """A registry that cannot be used, or that holds something else than it should."""

    exit_code = 17


class VerifyError(RegallocError):
    """Two builds or two runs of the same thing that differ."""

    exit_code = 18


class OutputError(RegallocError):
    """A folder that holds what no stage of ours leaves: pipes, or links that lead elsewhere."""

    exit_code = 19


class ToolchainError(RegallocError):
    """A compiler that is missing or was built without the ML hooks."""

    exit_code = 20


class CorpusError(RegallocError):
    """A corpus that is missing, damaged, or holds too little."""

    exit_code = 21


class TrainingLogError(RegallocError):
    """A compiler's training log that is truncated or does not fit the feature spec."""

    exit_code = 22


class TraceError(RegallocError):
    """A trace without a decision in it, or one that cannot be read."""

    exit_code = 23


class VocabError(RegallocError):
    """A vocabulary that is incomplete, not finite or not ascending."""

    exit_code = 24


class PolicyError(RegallocError):
    """A policy folder without a usable model."""

    exit_code = 25


class CompileError(RegallocError):
    """So many compiles failed that the result would mean nothing."""

    exit_code = 26


class MiscompileError(RegallocError):
    """A program that is right with the advisor off and wrong with it on."""

    exit_code = 27


class ProgramError(RegallocError):
    """A program to measure that is described wrongly, or fails with the advisor off too."""

    exit_code = 28


class ClusterError(RegallocError):
    """A Ray cluster that cannot be used, or that went away."""

    exit_code = 29


class StoppedError(RegallocError):
    """The user or the system asked the run to stop."""

    exit_code = 130
