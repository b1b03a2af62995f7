"""Which policies are compiled ahead of time, and how others are refused."""

from __future__ import annotations

import pytest
import tensorflow as tf

from regalloc.errors import PolicyError
from regalloc.formats.features import FEATURES
from regalloc.rl.export import aot, policy_writer
from regalloc.rl.export.policy_graph import TIME_STEP


def save(folder, changes=None, output=("index_to_evict", tf.int64), signature="action"):
    """Write a policy that takes the last position, with some inputs changed or left out."""
    specs = {f.name: tf.TensorSpec(f.shape, f.dtype, f.name) for f in FEATURES} | (changes or {})
    kept = {name: spec for name, spec in specs.items() if spec is not None}

    def decide(**inputs):
        zero = tf.add_n([tf.cast(tf.reduce_sum(t), tf.int64) * 0 for t in inputs.values()])
        return {output[0]: tf.cast(tf.reshape(zero + 32, [1]), output[1])}

    module = tf.Module()
    module.decide = tf.function(decide).get_concrete_function(**kept)
    tf.saved_model.save(module, str(folder), signatures={signature: module.decide})
    return folder


def spec(dtype, *shape):
    return tf.TensorSpec(shape, dtype)


def refusal(folder):
    with pytest.raises(PolicyError) as caught:
        aot.check_signature(folder)
    return caught.value.render().replace(str(folder), "POLICY").splitlines()


def test_policies_of_ours_fit(tmp_path, encoder, weights):
    policy_writer.export_greedy(tmp_path / "greedy", encoder, weights)
    policy_writer.export_random(tmp_path / "random", 1)
    aot.check_signature(tmp_path / "greedy")
    aot.check_signature(tmp_path / "random")


def test_inputs_of_a_time_step_and_leading_ones_do_not_matter(tmp_path):
    time_step = {name: spec(dtype, 1) for name, dtype in TIME_STEP.items()}
    aot.check_signature(save(tmp_path / "p", {"mask": spec("int64", 33), **time_step}))


@pytest.mark.parametrize(
    ("name", "given", "wanted", "found"),
    [
        ("nr_urgent", None, "float32 [33]", "-"),
        ("mask", spec("int32", 1, 33), "int64 [33]", "int32 [33]"),
        ("mask", spec("int64", 1, 32), "int64 [33]", "int64 [32]"),
        ("mask", spec("int64", None, 33), "int64 [33]", "int64 [-1, 33]"),
        ("opcode", spec("int64", 1, 33), "-", "int64 [33]"),
    ],
)
def test_other_inputs_are_refused_with_both_specs(tmp_path, name, given, wanted, found):
    first, *rows, last = refusal(save(tmp_path / "p", {name: given}))
    assert first == "error: the policy in POLICY is not for this compiler"
    assert rows[0] == "  tensor                      compiler        policy"
    marked = [line for line in rows if line.startswith("*")]
    assert marked == [f"* {name:26}  {wanted:14}  {found}"]
    assert "  liverange_size              float32 [33]    float32 [33]" in rows
    assert last == (
        "what to do: give a policy of this feature set, as warmstart and train write it"
    )


def test_another_number_of_candidates_is_refused_in_every_row(tmp_path):
    changes = {f.name: spec(f.dtype, 1, 65) for f in FEATURES if f.size > 1}
    rows = refusal(save(tmp_path / "p", changes))
    assert sum(line.startswith("*") for line in rows) == len(changes)


@pytest.mark.parametrize(
    ("output", "rows"),
    [
        (("index_to_evict", tf.int32), ["* index_to_evict              int64           int32"]),
        (("decision", tf.int64), ["* index_to_evict              int64           -",
                                  "* decision                    -               int64"]),
    ],
)  # fmt: skip
def test_other_outputs_are_refused(tmp_path, output, rows):
    got = refusal(save(tmp_path / "p", output=output))
    assert [line for line in got if line.startswith("*")] == rows


def test_a_missing_signature_is_named(tmp_path):
    assert refusal(save(tmp_path / "p", signature="serve")) == [
        "error: no usable policy in POLICY",
        "it has no signature 'action'; it has __saved_model_init_op, serve",
        "what to do: give a folder that warmstart or train wrote",
    ]


@pytest.mark.parametrize("content", [b"", b"not a graph"])
def test_an_unreadable_model_is_refused(tmp_path, content):
    (tmp_path / "saved_model.pb").write_bytes(content)
    assert refusal(tmp_path)[0] == "error: no usable policy in POLICY"


def test_a_compiled_policy_is_the_same_twice(tmp_path, encoder, weights):
    policy_writer.export_greedy(tmp_path / "p", encoder, weights)
    made = []
    for name in ("one", "two"):
        (tmp_path / name).mkdir()
        model = aot.compile_policy(tmp_path / "p", "Policy", tmp_path / name)
        made.append((model.header.read_bytes(), model.code.read_bytes()))
    assert made[0] == made[1]
    assert b"class Policy final" in made[0][0]


def test_an_operation_that_cannot_be_compiled_is_an_error(tmp_path):
    folder = tmp_path / "p"
    graph = tf.Graph()
    with graph.as_default():
        inputs = {f.name: tf.compat.v1.placeholder(f.dtype, f.shape, f.name) for f in FEATURES}
        total = tf.strings.length(tf.strings.as_string(inputs["mask"]))
        action = tf.cast(tf.reduce_sum(total, 1), tf.int64)
        with tf.compat.v1.Session() as session:
            builder = tf.compat.v1.saved_model.Builder(str(folder))
            define = tf.compat.v1.saved_model.predict_signature_def
            definition = define(inputs, {"index_to_evict": action})
            builder.add_meta_graph_and_variables(session, ["serve"], {"action": definition})
            builder.save()
    aot.check_signature(folder)
    with pytest.raises(PolicyError) as caught:
        aot.compile_policy(folder, "Policy", tmp_path)
    first, *_, last = caught.value.render().splitlines()
    assert first == f"error: the policy in {folder} cannot be compiled"
    assert last == "what to do: give a policy of operations that TensorFlow's compiler knows"
