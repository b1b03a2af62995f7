"""The ways a training log can be unusable, the same for every format."""

from __future__ import annotations

from regalloc.errors import TrainingLogError

TensorSpec = tuple[str, str, tuple[int, ...]]
"""A tensor's name, numpy dtype and shape."""

_RIGHT_CLANG = "use the clang of the llvm image"


def truncated(details: str) -> TrainingLogError:
    """Return the error for a log that ends too early."""
    return TrainingLogError(
        "the training log is truncated",
        details,
        "look at the compiler's own errors: it stopped while it wrote the log",
    )


def damaged(details: str) -> TrainingLogError:
    """Return the error for bytes that are no log of the expected format."""
    return TrainingLogError(
        "the training log is damaged", details, f"{_RIGHT_CLANG}, and one log file per compile"
    )


def misfit(want: TensorSpec, have: TensorSpec | None) -> TrainingLogError:
    """Return the error for a tensor that is not the one we know; None if there is none."""
    return TrainingLogError(
        "the training log does not fit the feature spec",
        f"expected {_describe(want)}, the log has {_describe(have) if have else 'none'}",
        f"{_RIGHT_CLANG}: other LLVM versions log other features",
    )


def _describe(spec: TensorSpec) -> str:
    name, dtype, shape = spec
    return f"{name} {dtype} {list(shape)}"
