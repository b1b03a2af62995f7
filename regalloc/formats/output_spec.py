"""``output_spec.json``: which of a graph's outputs is the decision.  Without TensorFlow."""

from __future__ import annotations

import json
from pathlib import Path

from regalloc.files import read_json
from regalloc.formats.features import DECISION
from regalloc.layout import OUTPUT_SPEC


def write_output_spec(folder: Path, name: str, port: int) -> None:
    """Write the spec of a policy that decides and gives nothing else.

    Args:
        folder: the policy's.
        name: of the operation in the graph that decides.
        port: number of that operation's output.
    """
    tensor = {"name": name, "port": port, "type": "int64_t", "shape": [1]}
    spec = [{"logging_name": DECISION, "tensor_spec": tensor}]
    (folder / OUTPUT_SPEC).write_text(f"{json.dumps(spec)}\n", encoding="ascii")


def find_flaw(folder: Path) -> str:
    """Return in words why the compiler cannot use a policy's spec, or an empty string."""
    try:
        spec = read_json(folder / OUTPUT_SPEC)
        names = [output["logging_name"] for output in spec]
        tensors = [output["tensor_spec"]["name"] for output in spec]
    except (ValueError, TypeError, KeyError) as error:
        return f"{OUTPUT_SPEC} does not parse: {error!r}"
    if names[:1] != [DECISION] or not all(tensors):
        return f"the first output in {OUTPUT_SPEC} must be {DECISION}"
    return ""
