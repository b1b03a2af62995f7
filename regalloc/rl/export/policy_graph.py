"""The graph of a policy as the compiler runs it, serialised as a SavedModel.

Three kinds share one signature: the likeliest legal action, a draw from the policy, and a draw
from all legal actions.  The graph is made by hand in TensorFlow 1's style, with the weights as
constants, for three reasons.  Every compiler process loads it, and without function library,
variables and restore it loads in a third of the time.  XLA compiles it as it is.  And its bytes
depend on weights and seed only: ``tf.saved_model.save`` numbers functions by what the process did
before, and writes a random fingerprint.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

from regalloc.formats.features import DECISION, FEATURES, NUM_CANDIDATES
from regalloc.rl.deterministic_tf import Tensor, saved_model_pb2, tf
from regalloc.rl.network import exact_arithmetic
from regalloc.rl.network.policy_network import Weights
from regalloc.rl.network.preprocessing import Encoder
from regalloc.rl.network.sampling import draw_uniforms, perturb, wrap_seed

_SavedModel = saved_model_pb2.SavedModel

SIGNATURE = "action"
INPUT_PREFIX = "action_"
OUTPUT = "StatefulPartitionedCall"
"""What LLVM's documentation calls the decision's operation; tools that hard-code it find it."""

ILLEGAL = -(2.0**1000)
"""What an illegal position is rated, below all that a legal one can be."""

TIME_STEP = {"step_type": "int32", "reward": "float32", "discount": "float32"}
"""Inputs that LLVM 15 insists on finding in the graph, although no policy uses them."""

Observation = Mapping[str, Tensor]
Rater = Callable[[Observation], Tensor]


def build_greedy(encoder: Encoder, weights: Weights) -> bytes:
    """Return the SavedModel that takes the likeliest legal action."""
    return _serialise(lambda observation: _logits(encoder, weights, observation))


def build_sampling(encoder: Encoder, weights: Weights, seed: int) -> bytes:
    """Return the SavedModel that draws from the policy; see :mod:`regalloc.rl.network.sampling`."""

    def rate_with_noise(observation: Observation) -> Tensor:
        uniforms = draw_uniforms(observation, tf.constant(wrap_seed(seed), tf.int64, name="seed"))
        return perturb(_logits(encoder, weights, observation), uniforms)

    return _serialise(rate_with_noise)


def build_random(seed: int) -> bytes:
    """Return the SavedModel that draws evenly from the legal actions."""
    wrapped = wrap_seed(seed)
    return _serialise(
        lambda observation: tf.cast(
            draw_uniforms(observation, tf.constant(wrapped, tf.int64, name="seed")), tf.float64
        )
    )


def read_output(saved_model: bytes) -> tuple[str, int]:
    """Return name and port of the tensor that the signature of a SavedModel calls the decision.

    Raises:
        KeyError: there is no such signature or output.
    """
    model = _SavedModel.FromString(saved_model)
    signature = model.meta_graphs[0].signature_def[SIGNATURE]
    name, _, port = dict(signature.outputs)[DECISION].name.partition(":")
    return name, int(port)


def _logits(encoder: Encoder, weights: Weights, observation: Observation) -> Tensor:
    progress = tf.broadcast_to(observation["progress"], [1, NUM_CANDIDATES])
    columns = {**observation, "progress": progress}
    return exact_arithmetic.rate(encoder, weights, columns)


def _serialise(rater: Rater) -> bytes:
    graph = tf.Graph()
    with graph.as_default():
        observation = {
            f.name: tf.compat.v1.placeholder(f.dtype, f.shape, INPUT_PREFIX + f.name)
            for f in FEATURES
        }
        for name, dtype in TIME_STEP.items():
            tf.compat.v1.placeholder(dtype, (1,), INPUT_PREFIX + name)
        rated = tf.reshape(rater(observation), [1, NUM_CANDIDATES])
        legal = tf.where(observation["mask"] > 0, rated, tf.constant(ILLEGAL, tf.float64))
        action = tf.identity(tf.argmax(legal, 1), OUTPUT)
        meta_graph = _export(observation, action)
    model = _SavedModel(saved_model_schema_version=1, meta_graphs=[meta_graph])
    return bytes(model.SerializeToString(deterministic=True))


def _export(observation: Observation, action: Tensor) -> Any:
    utils = tf.compat.v1.saved_model
    inputs = {name: utils.build_tensor_info(tensor) for name, tensor in observation.items()}
    outputs = {DECISION: utils.build_tensor_info(action)}
    meta_graph = tf.compat.v1.train.export_meta_graph(strip_default_attrs=True)
    meta_graph.meta_info_def.tags.append("serve")
    meta_graph.signature_def[SIGNATURE].CopyFrom(
        utils.build_signature_def(inputs, outputs, "tensorflow/serving/predict")
    )
    return meta_graph
