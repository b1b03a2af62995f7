"""What becomes of a compile: episodes and the code, or a typed failure."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

from regalloc.formats.generated_code import GeneratedCode
from regalloc.formats.logs import Episode

FailureKind = Literal[
    "timeout", "signal", "out_of_memory", "exit", "bad_log", "bad_code", "bad_module", "bad_policy"
]


@dataclass(frozen=True)
class Compiled:
    """A compile that ended well.

    Attributes:
        module: the module's name.
        episodes: its functions with a decision, in the order of their log.
        wall_s: elapsed seconds.
        user_s: seconds of processor time in user mode.
        code: what was generated, where that was asked for.
    """

    module: str
    episodes: tuple[Episode, ...]
    wall_s: float
    user_s: float
    code: GeneratedCode | None = None


@dataclass(frozen=True)
class Failed:
    """A compile that gave no episodes.

    Attributes:
        module: the module's name.
        kind: what ended it.
        detail: signal name, limit, or the compiler's errors.
        attempts: how often it was tried.
    """

    module: str
    kind: FailureKind
    detail: str
    attempts: int = 1


Result = Compiled | Failed
