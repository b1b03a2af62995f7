"""The one place that imports TensorFlow and TF-Agents, quietly, and makes them deterministic."""

from __future__ import annotations

import contextlib
import io
import logging
import os
import warnings
from functools import cache
from typing import Any

# gym, which TF-Agents imports without using it here, prints an advertisement on import.
with contextlib.redirect_stderr(io.StringIO()), warnings.catch_warnings():
    warnings.simplefilter("ignore")
    import tensorflow as tf
    import tensorflow_probability as tfp
    from google.protobuf.message import DecodeError
    from tensorflow.core.protobuf import saved_model_pb2
    from tf_agents.agents.behavioral_cloning import behavioral_cloning_agent
    from tf_agents.agents.ppo import ppo_agent
    from tf_agents.distributions import utils as distribution_utils
    from tf_agents.networks import network
    from tf_agents.policies import policy_saver
    from tf_agents.specs import distribution_spec, tensor_spec
    from tf_agents.trajectories import policy_step, time_step, trajectory

__all__ = [
    "DecodeError",
    "Tensor",
    "behavioral_cloning_agent",
    "configure",
    "distribution_spec",
    "distribution_utils",
    "network",
    "policy_saver",
    "policy_step",
    "ppo_agent",
    "saved_model_pb2",
    "tensor_spec",
    "tf",
    "tfp",
    "time_step",
    "trajectory",
]

Tensor = Any
"""A TensorFlow tensor; TensorFlow ships no types."""

INTRA_OP_THREADS = 2
INTER_OP_THREADS = 1
"""Constants, because the number of threads decides how a sum is cut, and so how it is rounded."""


@cache
def configure() -> None:
    """Fix thread counts and kernels, once a process and before the first operation.

    Source: https://www.tensorflow.org/api_docs/python/tf/config/experimental/enable_op_determinism
    """
    logging.getLogger("tensorflow").setLevel(logging.ERROR)
    os.environ["TF_DETERMINISTIC_OPS"] = "1"
    tf.config.threading.set_intra_op_parallelism_threads(INTRA_OP_THREADS)
    tf.config.threading.set_inter_op_parallelism_threads(INTER_OP_THREADS)
    tf.config.experimental.enable_op_determinism()
    # TF-Agents draws sample inputs to build its networks; none of our numbers come from here.
    tf.random.set_seed(0)
