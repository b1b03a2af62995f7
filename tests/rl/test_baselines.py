from __future__ import annotations

import dataclasses
import math

import pytest

from regalloc.rl.rounds.reward_baselines import Baselines
from tests.rl.simulator import make_episode

SINGLE = {"log_reward": False, "decay": 0.8}
GROUPS = {"log_reward": True, "decay": None}


def episode(name, score):
    return dataclasses.replace(make_episode(name, None, 1, 2), score=score)


def rewards(baselines, rollouts, how):
    episodes = [[episode(*pair) for pair in rollout] for rollout in rollouts]
    return [
        (s.episode.function, s.default, s.reward) for s in baselines.score("m", episodes, **how)
    ]


def test_single_rollout_is_compared_with_a_moving_average():
    baselines = Baselines({"m": {"f": 4.0}})
    assert rewards(baselines, [[("f", 2.0)]], SINGLE) == [("f", 4.0, 0.5)]
    assert baselines.averages == {"m": {"f": pytest.approx(3.6)}}
    assert rewards(baselines, [[("f", 1.8)]], SINGLE) == [("f", 4.0, pytest.approx(0.5))]


def test_rollouts_are_compared_with_each_other():
    baselines = Baselines({"m": {"f": 4.0, "g": 1.0}})
    half = math.log(2.0) / 2
    assert rewards(baselines, [[("f", 4.0), ("g", 3.0)], [("f", 2.0), ("g", 3.0)]], GROUPS) == [
        ("f", 4.0, pytest.approx(-half)),
        ("f", 4.0, pytest.approx(half)),
        ("g", 1.0, 0.0),
        ("g", 1.0, 0.0),
    ]
    assert baselines.averages == {}


def test_rollouts_can_be_rewarded_for_the_best_of_several():
    baselines = Baselines({"m": {"f": 1.0, "g": 1.0}})
    rollouts = [[("f", 1.0)], [("f", 0.5)], [("f", 2.0), ("g", 3.0)]]
    found = rewards(baselines, rollouts, GROUPS | {"best_of": 2})
    # Of the two choices of two that hold it, the half is the best of both; each of the others is in
    # one with the half, and in one in which the default's score is the best.
    step = math.log(2.0)
    assert found == [
        ("f", 1.0, pytest.approx(-step / 3)),
        ("f", 1.0, pytest.approx(2 * step / 3)),
        ("f", 1.0, pytest.approx(-step / 3)),
        ("g", 1.0, 0.0),
    ]


def test_namesakes_are_groups_of_their_own():
    baselines = Baselines({"m": {"f": 2.0}})
    found = rewards(baselines, [[("f", 1.0), ("f", 2.0)], [("f", 1.0), ("f", 2.0)]], GROUPS)
    assert found == [("f", 2.0, 0.0)] * 4


@pytest.mark.parametrize("how", [SINGLE, GROUPS])
def test_functions_without_a_comparison_are_left_out(how):
    baselines = Baselines({"m": {"f": 1.0}})
    assert rewards(baselines, [[("f", math.inf), ("new", 1.0)]] * 2, how) == []
    assert Baselines({}).score("unknown", [[episode("f", 1.0)]], **how) == []
