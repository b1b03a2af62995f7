"""Which modules are measured."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from regalloc.errors import ConfigError, CorpusError
from regalloc.formats.baselines import Baseline, Found
from regalloc.formats.corpus import Module, hash_fraction
from regalloc.settings import Bench


def choose_modules(
    corpus: Sequence[Module], known: Mapping[str, Found], bench: Bench, seed: int
) -> list[Module]:
    """Return modules by a hash of seed and name, so that any first n of them are a sample.

    A module without a decision teaches nothing.  We do not compile it again, and upstream does; to
    leave such modules out makes upstream look better.

    Args:
        corpus: all modules.
        known: what extract found of them.
        bench: how many are wanted.
        seed: of the run.

    Raises:
        ConfigError: nothing is to be measured.
        CorpusError: there are too few.
    """
    check(bench)
    wanted = max(bench.modules, bench.upstream_modules, *bench.sizes)
    usable = [module for module in corpus if _has_decision(known, module.name)]
    if len(usable) < wanted:
        raise CorpusError(
            f"the corpus has too few modules: {len(usable)} with a decision",
            f"Bench.modules, Bench.upstream_modules and Bench.sizes ask for {wanted}",
            f"take a larger corpus, or --bind Bench.modules={len(usable)} and so on",
        )
    return sorted(usable, key=lambda module: hash_fraction(f"bench {seed}", module.name))[:wanted]


def check(bench: Bench) -> None:
    """Check that there is something to measure.

    Raises:
        ConfigError: a number is below what makes a figure.
    """
    least = {
        "modules": 1,
        "rounds": 1,
        "upstream_modules": 1,
        "iteration_modules": 1,
        # The first step traces a function and is not timed.
        "iteration_steps": 2,
        "upstream_steps": 1,
        "batch_size": 1,
        # The agent leaves out the last decision of a sequence.
        "sequence_length": 2,
    }
    for name, number in least.items():
        if getattr(bench, name) < number:
            raise _too_small(name, getattr(bench, name), number)
    for name in ("workers", "sizes"):
        values = getattr(bench, name)
        if not values or min(values) < 1:
            raise _too_small(name, values, 1)


def _has_decision(known: Mapping[str, Found], name: str) -> bool:
    found = known.get(name)
    return bool(found.outcomes) if isinstance(found, Baseline) else found is None


def _too_small(name: str, value: object, least: int) -> ConfigError:
    return ConfigError(
        f"Bench.{name} is {value}", "nothing could be measured", f"use {least} or more"
    )
