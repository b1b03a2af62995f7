"""A policy's folder: what it holds, whether it is complete, and its hash.  Without TensorFlow."""

from __future__ import annotations

from hashlib import sha256
from pathlib import Path
from zlib import crc32

from regalloc.errors import PolicyError
from regalloc.formats.graph_operations import find_forbidden
from regalloc.formats.output_spec import find_flaw
from regalloc.formats.weights_file import unpack
from regalloc.layout import OUTPUT_SPEC, POLICY_WEIGHTS, SAVED_MODEL, VARIABLES

VARIABLE_OP = b"VarHandleOp"
"""The operation of a graph with variables: upstream's policies have some, ours none."""


def check_policy(folder: Path) -> None:
    """Make sure that the compiler can load a policy from the folder.

    Raises:
        PolicyError: a file is missing, the model does what no policy needs, the output spec does
            not begin with the decision, or the weights file is damaged or another policy's.
    """
    for name in (SAVED_MODEL, OUTPUT_SPEC):
        if not (folder / name).is_file() or not (folder / name).stat().st_size:
            raise _unusable(folder, f"{folder / name} is missing or empty")
    content = (folder / SAVED_MODEL).read_bytes()
    _check_operations(folder, content)
    with_variables = VARIABLE_OP in content
    if with_variables and not (folder / VARIABLES).is_file():
        raise _unusable(folder, f"{folder / VARIABLES} is missing or empty")
    if flaw := find_flaw(folder):
        raise _unusable(folder, flaw)
    if weights := find_weights(folder):
        _check_weights(folder, weights)


def find_weights(folder: Path) -> Path | None:
    """Return the weights file of a policy; None if it is a SavedModel alone."""
    path = folder / POLICY_WEIGHTS
    return path if path.is_file() else None


def _check_operations(folder: Path, content: bytes) -> None:
    try:
        forbidden = find_forbidden(content)
    except ValueError as error:
        raise _unusable(folder, f"{folder / SAVED_MODEL} does not parse: {error}") from error
    if forbidden:
        raise PolicyError(
            f"the policy in {folder} does what no policy needs, and is not loaded",
            f"it has {', '.join(forbidden)}",
            "use a policy that decides by arithmetic alone, from somebody whom you trust",
        )


def _check_weights(folder: Path, weights: Path) -> None:
    try:
        stated = unpack(weights.read_bytes()).fields["saved_model"]
    except PolicyError as error:
        raise _unusable(folder, f"{weights}: {error.details}") from error
    content = (folder / SAVED_MODEL).read_bytes()
    if stated != {"bytes": len(content), "crc32": crc32(content)}:
        raise _unusable(folder, f"{weights} belongs to another {SAVED_MODEL}")


def policy_hash(folder: Path) -> str:
    """Return the sha256 over the names and bytes of all files below the folder.

    Raises:
        PolicyError: the folder holds no file.
    """
    files = sorted(path for path in folder.rglob("*") if path.is_file())
    if not files:
        raise _unusable(folder, "the folder is missing or empty")
    digest = sha256()
    for path in files:
        name = path.relative_to(folder).as_posix().encode("utf-8", "surrogateescape")
        content = path.read_bytes()
        digest.update(b"%d %s %d\0" % (len(name), name, len(content)))
        digest.update(content)
    return digest.hexdigest()


def _unusable(folder: Path, details: str) -> PolicyError:
    return PolicyError(
        f"no usable policy in {folder}",
        details,
        f"give a folder with {SAVED_MODEL} and {OUTPUT_SPEC}, as warmstart and train write it",
    )
