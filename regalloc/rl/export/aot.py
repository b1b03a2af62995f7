"""Compile a policy ahead of time, by TensorFlow's own compiler, for LLVM's release mode."""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Mapping
from importlib.metadata import version
from importlib.util import find_spec
from pathlib import Path
from typing import Any

from regalloc.compiler.kit import Model
from regalloc.errors import PolicyError
from regalloc.formats.features import DECISION, FEATURES
from regalloc.layout import SAVED_MODEL
from regalloc.rl.deterministic_tf import DecodeError, saved_model_pb2, tf
from regalloc.rl.export.policy_graph import SIGNATURE, TIME_STEP

TAG = "serve"
TRIPLE = "x86_64-pc-linux-gnu"
_COMPILER = "tensorflow.python.tools.saved_model_cli"
_LAST = 20

Spec = Mapping[str, str]
"""Tensor name to type and shape, in words."""


def tensorflow_version() -> str:
    """Return the version of TensorFlow, whose functions compiled policies call."""
    return version("tensorflow-cpu")


def tensorflow_headers() -> Path:
    """Return the folder of TensorFlow's headers."""
    found = find_spec("tensorflow")
    assert found is not None
    assert found.origin is not None
    return Path(found.origin).parent / "include"


def check_signature(folder: Path) -> None:
    """Make sure that a policy takes what the compiler gives and gives what it takes.

    A tensor fits when its elements are the same in the same order: dimensions of 1 in front do not
    count.  Inputs of a TF-Agents time step may be there and are ignored.

    Raises:
        PolicyError: the model does not parse, has no signature ``action``, or another one.
    """
    inputs, outputs = _read_signature(folder)
    ignored = [name for name in inputs if name in TIME_STEP]
    found_inputs = {name: spec for name, spec in inputs.items() if name not in ignored}
    wanted_inputs = {f.name: _describe(f.dtype, f.shape) for f in FEATURES}
    wanted_outputs = {DECISION: _describe("int64", (1,))}
    if (found_inputs, outputs) != (wanted_inputs, wanted_outputs):
        raise PolicyError(
            f"the policy in {folder} is not for this compiler",
            _side_by_side({**wanted_inputs, **wanted_outputs}, {**found_inputs, **outputs}),
            "give a policy of this feature set, as warmstart and train write it",
        )


def compile_policy(folder: Path, name: str, work: Path) -> Model:
    """Compile a policy whose signature was checked.

    Args:
        folder: the SavedModel.
        name: the class that LLVM calls, without its namespace.
        work: where header and object are written.

    Raises:
        PolicyError: TensorFlow's compiler refuses it.
    """
    options = {
        "--dir": str(folder),
        "--tag_set": TAG,
        "--signature_def_key": SIGNATURE,
        # Names of symbols are made of it: a path would make two releases differ.
        "--output_prefix": name,
        "--cpp_class": f"llvm::{name}",
        "--target_triple": TRIPLE,
        "--multithreading": "false",
    }
    words = [word for option in options.items() for word in option]
    argv = [sys.executable, "-W", "ignore", "-m", _COMPILER, "aot_compile_cpu", *words]
    environ = {**os.environ, "TF_CPP_MIN_LOG_LEVEL": "2"}
    run = subprocess.run(
        argv, cwd=work, env=environ, capture_output=True, text=True, errors="replace", check=False
    )
    model = Model(work / f"{name}.h", work / f"{name}.o", name)
    if run.returncode != 0 or not model.code.is_file():
        raise PolicyError(
            f"the policy in {folder} cannot be compiled",
            "\n".join((run.stdout + run.stderr).splitlines()[-_LAST:]),
            "give a policy of operations that TensorFlow's compiler knows",
        )
    return model


def _read_signature(folder: Path) -> tuple[dict[str, str], dict[str, str]]:
    """Return the inputs and the outputs of the signature, in words."""
    try:
        content = (folder / SAVED_MODEL).read_bytes()
        (meta_graph, *_) = saved_model_pb2.SavedModel.FromString(content).meta_graphs
    except (OSError, ValueError, DecodeError) as error:
        raise _unreadable(folder, str(error)) from error
    signatures = meta_graph.signature_def
    if SIGNATURE not in signatures:
        found = ", ".join(sorted(signatures)) or "none"
        raise _unreadable(folder, f"it has no signature {SIGNATURE!r}; it has {found}")
    signature = signatures[SIGNATURE]
    return _describe_all(signature.inputs), _describe_all(signature.outputs)


def _describe_all(tensors: Mapping[str, Any]) -> dict[str, str]:
    return {
        name: _describe(
            tf.dtypes.as_dtype(info.dtype).name, tuple(d.size for d in info.tensor_shape.dim)
        )
        for name, info in tensors.items()
    }


def _describe(dtype: str, shape: tuple[int, ...]) -> str:
    sizes = list(shape)
    while sizes[:1] == [1]:
        sizes.pop(0)
    return f"{dtype} [{', '.join(map(str, sizes))}]" if sizes else dtype


def _side_by_side(wanted: Spec, found: Spec) -> str:
    """Return both specs as a table, the rows that differ marked."""
    names = [*wanted, *(name for name in found if name not in wanted)]
    width = max(map(len, names))
    rows = [("", f"{'tensor':{width}}", "compiler", "policy")]
    for name in names:
        pair = (wanted.get(name, "-"), found.get(name, "-"))
        rows.append(("" if len(set(pair)) == 1 else "*", f"{name:{width}}", *pair))
    lines = (f"{mark:1} {name}  {left:14}  {right}" for mark, name, left, right in rows)
    return "\n".join(line.rstrip() for line in lines)


def _unreadable(folder: Path, details: str) -> PolicyError:
    return PolicyError(
        f"no usable policy in {folder}",
        details,
        "give a folder that warmstart or train wrote",
    )
