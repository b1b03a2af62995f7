"""Our evaluator behind -regalloc-model: how it refuses what it cannot run."""

from __future__ import annotations

import pytest
import tensorflow as tf

from tests.rl.mask_policy import compile_under, needs_our_evaluator, save

pytestmark = needs_our_evaluator


def refusal(policy, tmp_path):
    """Return the one line with which a policy is refused."""
    run, _ = compile_under(policy, tmp_path)
    assert run.returncode == 1
    (line,) = run.stderr.splitlines()
    assert line.startswith("error: regalloc policy: ")
    return line.removeprefix("error: regalloc policy: ").replace(str(policy), "POLICY")


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
