"""The algorithms a policy can be improved by."""

from __future__ import annotations

from typing import assert_never

from regalloc.errors import ConfigError
from regalloc.rl.learning.learner import Learner
from regalloc.rl.learning.ppo import PpoLearner
from regalloc.rl.learning.rebel import RebelLearner
from regalloc.settings import Network, Ppo, Rebel, Settings, Train


def create_learner(settings: Settings, width: int, seed: int) -> Learner:
    """Return the learner of ``Train.algorithm``.

    Raises:
        ConfigError: it cannot learn from so few rollouts.
    """
    network, train = settings.get(Network), settings.get(Train)
    match train.algorithm:
        case "ppo":
            return PpoLearner(network, settings.get(Ppo), width, seed)
        case "rebel":
            if train.rollouts < 2:
                raise ConfigError(
                    "rebel cannot learn from one rollout",
                    f"Train.rollouts is {train.rollouts}; it compares a function's compiles",
                    "set Train.rollouts to 2 or more",
                )
            return RebelLearner(network, settings.get(Rebel), width, seed)
        case _:
            assert_never(train.algorithm)
