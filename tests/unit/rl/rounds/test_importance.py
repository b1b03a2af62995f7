from __future__ import annotations

import math

import pytest

from regalloc.rl.rounds.importance import compute_importance

SCORES = {
    "lua/a.o": {"hot": 2.0, "cold": 5.0, "never": 9.0},
    "lua/b.o": {"warm": 1.0, "free": 0.0},
    "xz/a.o": {"all": 3.0},
    "lib/x.o": {"guessed": 1.0},
}
ENTRIES = {
    "lua/a.o": {"hot": 40, "cold": 2, "unscored": 7},
    "lua/b.o": {"warm": 10, "free": 1000},
    "xz/a.o": {"all": 1},
}
OWNERS = {"lua/a.o": "lua", "lua/b.o": "lua", "xz/a.o": "xz"}


def weights(power):
    found = compute_importance(SCORES, ENTRIES, OWNERS, power)
    return {name: found.weight(module, name) for module, names in SCORES.items() for name in names}


@pytest.mark.parametrize("power", [0.5, 1.0])
def test_weights_go_by_shares_of_the_function_s_own_program(power):
    found = weights(power)
    shares = {"hot": 0.8, "cold": 0.1, "warm": 0.1, "all": 1.0}
    assert {name: found[name] / found["all"] for name in shares} == pytest.approx(
        {name: share**power for name, share in shares.items()}
    )


@pytest.mark.parametrize("power", [0.25, 0.5, 1.0])
def test_their_squares_have_the_mean_1(power):
    found = weights(power)
    squares = [found[name] ** 2 for name in ("hot", "cold", "warm", "all")]
    assert math.fsum(squares) / len(squares) == pytest.approx(1.0)


def test_what_was_never_executed_weighs_nothing_and_what_was_not_counted_as_before():
    found = weights(0.5)
    assert (found["never"], found["free"], found["guessed"]) == (0.0, 0.0, 1.0)


def test_a_corpus_that_was_never_executed_teaches_nothing():
    found = compute_importance(SCORES, {"lua/a.o": {}}, OWNERS, 0.5)
    assert found.weight("lua/a.o", "hot") == 0.0


def test_a_small_power_tells_functions_less_apart():
    apart = [weights(power)["hot"] / weights(power)["cold"] for power in (1.0, 0.5, 0.1)]
    assert apart == sorted(apart, reverse=True)
    assert apart[-1] > 1.0


@pytest.mark.parametrize("power", [0.0, -0.5])
def test_a_power_that_tells_none_apart_is_no_weight(power):
    with pytest.raises(ValueError, match="no power that tells functions apart"):
        compute_importance(SCORES, ENTRIES, OWNERS, power)
