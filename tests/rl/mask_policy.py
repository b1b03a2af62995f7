"""The compiler that is under test, and policies whose one input is the mask."""

from __future__ import annotations

import json
import os
import subprocess
from pathlib import Path

import pytest
import tensorflow as tf

from regalloc.compiler.probe import pressure_source
from regalloc.compiler.toolchain import open_toolchain
from tests.rl.decider import TOOL

FOLDER = Path(os.environ.get("REGALLOC_TOOLCHAIN", "/opt/llvm"))
TOOLCHAIN = open_toolchain(FOLDER) if (FOLDER / "bin" / "clang").exists() else None

needs_compiler = pytest.mark.skipif(TOOLCHAIN is None, reason=f"there is no toolchain in {FOLDER}")
needs_our_evaluator = pytest.mark.skipif(
    not TOOL.exists(), reason=f"policies are evaluated by LLVM's own code, or there is no {TOOL}"
)


def first_legal(mask):
    return tf.reshape(tf.argmax(tf.cast(mask, tf.int32), axis=-1), [1])


def save(folder, decide=first_legal, dtype=tf.int64, shape=(1, 33), output=None):
    """Write a policy whose one input is the mask."""
    module = tf.Module()
    module.variable = tf.Variable(0, dtype=tf.int64)

    @tf.function(input_signature=[tf.TensorSpec(shape, dtype, "mask")])
    def action(mask):
        return {"index_to_evict": decide(mask) + module.variable}

    tf.saved_model.save(module, str(folder), signatures={"action": action})
    spec = {"name": "StatefulPartitionedCall", "port": 0, "type": "int64_t", "shape": [1]}
    entry = {"logging_name": "index_to_evict", "tensor_spec": spec | (output or {})}
    (folder / "output_spec.json").write_text(json.dumps([entry]))
    return folder


def compile_under(policy, tmp_path):
    """Compile a function that runs out of registers and return the process and the log."""
    source, log = tmp_path / "in.ll", tmp_path / "log"
    source.write_text(pressure_source(48))
    argv = [
        TOOLCHAIN.path / "bin" / "llc", "-mtriple=x86_64-linux-gnu", "-regalloc=greedy", source,
        "-o", "/dev/null",
        "-regalloc-enable-advisor=development", f"-regalloc-model={policy}",
        f"-regalloc-training-log={log}",
    ]  # fmt: skip
    run = subprocess.run(
        [str(arg) for arg in argv], capture_output=True, text=True, check=False, timeout=120
    )
    return run, log
