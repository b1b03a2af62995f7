"""Learns a little by each algorithm and prints a hash of what came out.

A program of its own, so that it can run on another processor.  The network is as large as a
profile's: how products are cut into blocks depends on their size.
"""

from __future__ import annotations

import hashlib
from dataclasses import replace

import numpy as np

from regalloc.rl import deterministic_tf
from regalloc.rl.learning.cloning import Cloner
from regalloc.rl.learning.dataset import encode_decisions
from regalloc.rl.learning.learner import Experience, get_state
from regalloc.rl.learning.ppo import PpoLearner
from regalloc.rl.learning.rebel import RebelLearner
from regalloc.rl.network.preprocessing import create_encoder
from regalloc.rl.rounds.rewards import compute_log_reward
from tests.rl import simulator

NETWORK = replace(simulator.NETWORK, layers=(80, 40), stage_embedding=4)
WARMSTART = replace(simulator.WARMSTART, steps=4, batch_size=64)
PPO = replace(simulator.PPO, steps=3, batch_size=64, sequence_length=16)
REBEL = replace(simulator.REBEL, epochs=2, batch_size=30)


def main() -> None:
    deterministic_tf.configure()
    encoder = create_encoder(simulator.make_vocab(), NETWORK)
    observations = [simulator.make_observations(seed, 41) for seed in range(61)]
    actions = [simulator.choose_by_default(o) for o in observations]
    table = encode_decisions(encoder, observations, actions)
    scores = [simulator.compute_score(o, a) for o, a in zip(observations, actions, strict=True)]
    rewards = [compute_log_reward(score, scores[0]) for score in scores]
    lengths = np.array([len(a) for a in actions], np.int64)
    experience = Experience(table, lengths, np.array(rewards, np.float32))

    cloner = Cloner(NETWORK, WARMSTART, encoder.width, 1)
    cloner.clone(table)
    show("cloning", cloner.actor.get_values())
    ppo = PpoLearner(NETWORK, PPO, encoder.width, 1)
    ppo.learn(experience, (1,))
    show("ppo", get_state(ppo))
    rebel = RebelLearner(NETWORK, REBEL, encoder.width, 1)
    rebel.learn(experience, (1,))
    show("rebel", get_state(rebel))


def show(name: str, arrays: dict[str, np.ndarray]) -> None:
    digest = hashlib.sha256()
    for key in sorted(arrays):
        digest.update(key.encode() + np.asarray(arrays[key]).tobytes())
    print(name, digest.hexdigest())


if __name__ == "__main__":
    main()
