"""The evaluator behind -regalloc-model: what it runs, and how it refuses what it cannot."""

from __future__ import annotations

import json
import os
import subprocess
from pathlib import Path

import pytest
import tensorflow as tf

from regalloc.compiler.features import FEATURES
from regalloc.compiler.toolchain import Toolchain, pressure_source
from regalloc.compiler.training_log import read_log

TOOLCHAIN = Toolchain(Path(os.environ.get("REGALLOC_TOOLCHAIN", "/opt/llvm")))

pytestmark = pytest.mark.skipif(
    not TOOLCHAIN.llc.exists(), reason=f"there is no toolchain in {TOOLCHAIN.path}"
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
        TOOLCHAIN.llc, "-mtriple=x86_64-linux-gnu", "-regalloc=greedy", source, "-o", "/dev/null",
        "-regalloc-enable-advisor=development", f"-regalloc-model={policy}",
        f"-regalloc-training-log={log}",
    ]  # fmt: skip
    run = subprocess.run(
        [str(arg) for arg in argv], capture_output=True, text=True, check=False, timeout=120
    )
    return run, log


def refusal(policy, tmp_path):
    """Return the one line with which a policy is refused."""
    run, _ = compile_under(policy, tmp_path)
    assert run.returncode == 1
    (line,) = run.stderr.splitlines()
    assert line.startswith("error: regalloc policy: ")
    return line.removeprefix("error: regalloc policy: ").replace(str(policy), "POLICY")


@pytest.mark.parametrize("shape", [(1, 33), (33,), (None, 33), None])
def test_policy_with_one_of_the_inputs_decides(tmp_path, shape):
    run, log = compile_under(save(tmp_path / "policy", shape=shape), tmp_path)
    assert (run.returncode, run.stderr) == (0, "")
    (episode,) = read_log(log)
    masks = episode.observations["mask"].reshape(episode.decisions, -1)
    assert episode.decisions > 0
    assert episode.actions.tolist() == masks.argmax(axis=1).tolist()
    assert set(episode.observations) == {feature.name for feature in FEATURES}


def test_input_of_another_type_is_refused(tmp_path):
    policy = save(tmp_path / "policy", dtype=tf.float32)
    assert refusal(policy, tmp_path) == (
        "input action_mask of the model in POLICY is of type float, but the compiler uses int64"
    )


def test_input_of_another_shape_is_refused(tmp_path):
    policy = save(tmp_path / "policy", shape=(1, 32))
    assert refusal(policy, tmp_path) == (
        "input action_mask of the model in POLICY has shape [1,32], but the compiler uses [1,33]"
    )


def test_output_that_is_not_there_is_refused(tmp_path):
    policy = save(tmp_path / "policy", output={"name": "nowhere"})
    assert refusal(policy, tmp_path) == (
        "the model in POLICY has no output nowhere:0, which its output_spec.json names"
    )


def test_port_that_is_not_there_is_refused(tmp_path):
    policy = save(tmp_path / "policy", output={"port": 7})
    assert "has no output StatefulPartitionedCall:7" in refusal(policy, tmp_path)


def test_output_of_another_type_is_refused(tmp_path):
    policy = save(tmp_path / "policy", output={"type": "float"})
    assert refusal(policy, tmp_path) == (
        "output StatefulPartitionedCall of the model in POLICY is of type int64, "
        "but the compiler uses float"
    )


@pytest.mark.parametrize("position", [0, 33, -1])
def test_decision_that_the_mask_forbids_is_refused(tmp_path, position):
    # The first positions are caller-saved registers, which nothing live across a call can have.
    policy = save(tmp_path / "policy", lambda mask: tf.constant([position], tf.int64))
    assert refusal(policy, tmp_path) == (
        f"the policy chose position {position}, which the mask of legal positions excludes"
    )


def test_unreadable_model_is_refused(tmp_path):
    policy = save(tmp_path / "policy")
    (policy / "saved_model.pb").write_bytes(b"not a graph")
    assert refusal(policy, tmp_path).startswith("cannot load the model in POLICY: ")


def test_missing_variables_are_refused(tmp_path):
    policy = save(tmp_path / "policy")
    for file in (policy / "variables").iterdir():
        file.unlink()
    assert refusal(policy, tmp_path).startswith("cannot run the model in POLICY: ")


@pytest.mark.parametrize(
    ("content", "message"),
    [
        ("", "is not JSON"),
        ("[]", "must be a list with at least one output"),
        ("{}", "must be a list with at least one output"),
        ('[{"logging_name": "x"}]', "every entry needs a logging_name and a tensor_spec"),
    ],
)
def test_damaged_output_spec_is_refused(tmp_path, content, message):
    policy = save(tmp_path / "policy")
    (policy / "output_spec.json").write_text(content)
    assert message in refusal(policy, tmp_path)
