from __future__ import annotations

from itertools import product

from regalloc.rl.rounds.schedule import ModuleOrder, derive_seed

NAMES = [f"m{i}" for i in range(10)]


def test_order_takes_every_module_once_an_epoch():
    order, cursor, taken = ModuleOrder(NAMES, 1), 0, []
    for _ in range(5):
        names, cursor = order.take(cursor, 4, ())
        assert len(set(names)) == 4
        taken += names
    assert sorted(taken[:10]) == NAMES
    assert cursor >= 20


def test_order_depends_on_seed_and_not_on_the_names_order():
    assert ModuleOrder(NAMES, 1).take(0, 10, ()) == ModuleOrder(NAMES[::-1], 1).take(0, 10, ())
    assert ModuleOrder(NAMES, 1).take(0, 10, ()) != ModuleOrder(NAMES, 2).take(0, 10, ())


def test_order_skips_and_stops_when_there_are_fewer():
    names, _ = ModuleOrder(NAMES, 1).take(3, 99, {"m1", "m2"})
    assert sorted(names) == [n for n in NAMES if n not in ("m1", "m2")]
    assert ModuleOrder(NAMES, 1).take(3, 4, NAMES) == ((), 3)


def test_seeds_differ_by_purpose_and_round():
    seeds = {derive_seed(*numbers) for numbers in product((0, 1), repeat=4)}
    assert len(seeds) == 16
    assert all(0 <= seed < 2**64 for seed in seeds)
