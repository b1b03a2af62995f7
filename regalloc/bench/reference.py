"""PPO by TF-Agents as upstream uses it: the agent, what it is fed with, the policy it saves.

A function is a ``SequenceExample`` with the logits that its decisions were drawn from.  Examples
are parsed in TensorFlow, cut into sequences of decisions, shuffled and batched; the agent computes
returns and advantages itself, and leaves out the last decision of each sequence, which has none.

Source: ml-compiler-opt, ``compiler_opt/rl/data_reader.py``, ``agent_creators.py`` and
``policy_saver.py``, for the shape.
"""

from __future__ import annotations

import warnings
from collections.abc import Iterable, Sequence
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt

from regalloc.bench.reference_network import ReferenceNetwork, raw_spec
from regalloc.formats.features import DECISION, FEATURES, NUM_CANDIDATES, SCORE
from regalloc.formats.logs import Episode
from regalloc.formats.output_spec import write_output_spec
from regalloc.formats.sequence_example import encode_sequence
from regalloc.layout import SAVED_MODEL
from regalloc.rl.deterministic_tf import Tensor, policy_saver, ppo_agent, tf, time_step, trajectory
from regalloc.rl.export import policy_graph
from regalloc.rl.learning.agents import ppo_values
from regalloc.rl.network.policy_network import Weights, ZeroValueNetwork
from regalloc.rl.network.preprocessing import Encoder
from regalloc.rl.network.tensor_specs import action_spec
from regalloc.settings import Ppo

Array = npt.NDArray[Any]
LOGITS = "logits"


def create_agent(encoder: Encoder, weights: Weights, ppo: Ppo, *, advantages: bool = True) -> Any:
    """Return TF-Agents' ``PPOAgent`` over raw observations, with its step as one function.

    Args:
        encoder: the vocabulary's normalisation.
        weights: of the policy.
        ppo: PPO's values.
        advantages: whether it computes advantages itself, as upstream's does, or is given them.
    """
    agent = ppo_agent.PPOAgent(
        time_step.time_step_spec(raw_spec()),
        action_spec(),
        actor_net=ReferenceNetwork(encoder, weights),
        value_net=ZeroValueNetwork(raw_spec()),
        compute_value_and_advantage_in_train=advantages,
        **ppo_values(ppo),
    )
    agent.initialize()
    # Rewriting TF-Agents' source would take longer than tracing it, and changes no operation.
    agent.train = tf.function(agent.train, autograph=False)
    return agent


def encode_example(episode: Episode, logits: Array, reward: float) -> bytes:
    """Return a function's decisions as upstream's runner writes them.

    Args:
        episode: what was seen and decided.
        logits: float32 ``(decisions, 33)``, what the decisions were drawn from.
        reward: of each of the decisions.
    """
    lists = {**episode.observations, DECISION: episode.actions, LOGITS: logits}
    lists[SCORE] = np.full(episode.decisions, reward, np.float32)
    return encode_sequence(lists)


def read_examples(examples: Sequence[bytes], batch_size: int, sequence_length: int) -> Any:
    """Return an endless ``tf.data.Dataset`` of trajectories ``(batch_size, sequence_length)``."""
    return (
        tf.data.Dataset.from_tensor_slices(list(examples))
        .map(_parse)
        .unbatch()
        .batch(sequence_length, drop_remainder=True)
        .cache()
        # Before the batches, so that few decisions make one, too.
        .repeat()
        .shuffle(1024, seed=0)
        .batch(batch_size, drop_remainder=True)
        .prefetch(tf.data.AUTOTUNE)
    )


def _parse(example: Tensor) -> Any:
    """Return the trajectory of a function, one row a decision."""
    dense = tf.io.FixedLenSequenceFeature
    spec = {
        **{f.name: dense(f.shape[1:], f.dtype) for f in FEATURES},
        DECISION: dense((), tf.int64),
        LOGITS: dense((NUM_CANDIDATES,), tf.float32),
        SCORE: dense((), tf.float32),
    }
    _, lists = tf.io.parse_single_sequence_example(example, sequence_features=spec)
    reward = lists[SCORE]
    middle = tf.fill(tf.shape(reward), time_step.StepType.MID)
    return trajectory.Trajectory(
        step_type=middle,
        observation={f.name: lists[f.name] for f in FEATURES},
        action=lists[DECISION],
        policy_info={"dist_params": {"logits": lists[LOGITS]}},
        next_step_type=middle,
        reward=reward,
        discount=tf.zeros_like(reward),
    )


def save_policy(agent: Any, folder: Path) -> None:
    """Write the policy that takes the likeliest action, as TF-Agents saves policies."""
    with warnings.catch_warnings():
        # What it says concerns those who load the policy into Python again.
        warnings.simplefilter("ignore")
        saver = policy_saver.PolicySaver(agent.policy, batch_size=1, use_nest_path_signatures=False)
        saver.save(str(folder))
    write_output_spec(folder, *policy_graph.read_output((folder / SAVED_MODEL).read_bytes()))


def encode_examples(
    episodes: Iterable[Episode], logits: Array, rewards: Iterable[float]
) -> list[bytes]:
    """Return the examples of functions.

    Args:
        episodes: what was seen and decided.
        logits: float32 ``(n, 33)``, of all their decisions, one function after the other.
        rewards: of each of them.
    """
    examples, begin = [], 0
    for episode, reward in zip(episodes, rewards, strict=True):
        end = begin + episode.decisions
        examples.append(encode_example(episode, logits[begin:end], reward))
        begin = end
    return examples
