"""What a compiler wrote to stderr, in a few lines worth reading."""

from __future__ import annotations

import re

_LINES = 5
# LLVM 15 goes on after it has said what is wrong with a policy, and crashes: a stack dump follows.
# What TensorFlow says about it stands on the same line, right before the word.
_ERROR = re.compile("error: ", re.IGNORECASE)
_FRAME = re.compile(r" *#\d+ 0x")
_BAD_POLICY = ("regalloc policy:", "could not set up the model runner", "Error evaluating model")


def explain(stderr: str) -> str:
    """Return the errors a compiler named, or its last lines if it named none.

    The frames of a crash are left out: the tools have no symbols, and what names the pass and the
    function stands before them.
    """
    lines = [line for line in stderr.strip().splitlines() if not _FRAME.match(line)]
    errors = list(dict.fromkeys(line for line in lines if _ERROR.search(line)))
    return "\n".join(errors[:_LINES] or lines[-_LINES:])


def blames_policy(stderr: str) -> bool:
    """Tell whether a compiler could not load or run the policy it was given."""
    return any(text in stderr for text in _BAD_POLICY)
