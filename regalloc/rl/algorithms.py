"""The algorithms a policy can be improved by."""

from __future__ import annotations

from regalloc.errors import ConfigError
from regalloc.rl.learner import Learner
from regalloc.rl.ppo import PpoLearner
from regalloc.rl.rebel import RebelLearner
from regalloc.settings import Network, Rebel, Train


def create_learner(network: Network, train: Train, rebel: Rebel, width: int, seed: int) -> Learner:
    """Return the learner of ``Train.algorithm``.

    Raises:
        ConfigError: there is none of that name, or it cannot learn from so few rollouts.
    """
    match train.algorithm:
        case "ppo":
            return PpoLearner(network, train, width, seed)
        case "rebel":
            if train.rollouts < 2:
                raise ConfigError(
                    "rebel cannot learn from one rollout",
                    f"Train.rollouts is {train.rollouts}; it compares a function's compiles",
                    "set Train.rollouts to 2 or more",
                )
            return RebelLearner(network, rebel, width, seed)
    raise ConfigError(
        f"no algorithm {train.algorithm!r}", "Train.algorithm names it", "use ppo or rebel"
    )
