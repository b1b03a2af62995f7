import dataclasses
from pathlib import Path

import pytest

from regalloc import settings
from regalloc.errors import ConfigError
from regalloc.settings import (
    Corpus,
    Network,
    Trace,
    Train,
    Warmstart,
    format_bindings,
    load_profile,
)

PROFILES = sorted(path.stem for path in (settings.CONFIGS / "profiles").glob("*.gin"))


@pytest.mark.parametrize("profile", PROFILES)
def test_profile_sets_every_section(profile):
    loaded = load_profile(profile)
    assert [type(section) for section in loaded.sections] == list(settings.SECTIONS)


def test_full_profile_is_the_original_recipe():
    full = load_profile("full")
    train = full.get(Train)
    assert full.get(Corpus).targets == ("all",)
    assert full.get(Trace).sampling_rate == 0.2
    assert (train.policy_iterations, train.modules_per_iteration) == (3000, 512)
    assert (train.steps, train.batch_size, train.sequence_length) == (200, 256, 16)


def test_seed_profile_stays_upstreams():
    seed = load_profile("seed")
    assert seed.get(Corpus) == load_profile("quick").get(Corpus)
    full, train = load_profile("full").get(Train), seed.get(Train)
    shorter = {
        "policy_iterations": 6,
        "modules_per_iteration": 32,
        "steps": 50,
        "export_every": 2,
    }
    assert train == dataclasses.replace(full, **shorter)
    assert seed.get(Warmstart) == dataclasses.replace(
        load_profile("full").get(Warmstart), steps=1000
    )


def test_bindings_reproduce_the_sections():
    sections = [load_profile("quick").get(kind) for kind in (Trace, Network, Corpus)]
    again = settings.parse_bindings((Trace, Network, Corpus), format_bindings(sections))
    assert list(again.sections) == sections


def test_binding_wins_over_the_profile():
    assert load_profile("quick", ["Trace.sampling_rate=0.5"]).get(Trace).sampling_rate == 0.5


def test_profile_is_found_from_any_folder(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    own = tmp_path / "own.gin"
    own.write_text("include 'configs/profiles/quick.gin'\nTrain.steps = 7\n")
    assert load_profile(str(own)).get(Train).steps == 7


def test_whole_number_serves_as_float():
    value = load_profile("quick", ["Trace.sampling_rate=1"]).get(Trace).sampling_rate
    assert (value, type(value)) == (1.0, float)


@pytest.mark.parametrize(
    ("binding", "words"),
    [
        ("Trace.rate=1", "doesn't have a parameter named 'rate'"),
        ("Trades.sampling_rate=1", "No configurable matching 'Trades'"),
        ("Trace.sampling_rate='much'", "Trace.sampling_rate takes float, not 'much'"),
        ("Train.steps=1.5", "Train.steps takes int, not 1.5"),
        ("Network.with_sqrt=1", "Network.with_sqrt takes bool, not 1"),
        ("Corpus.targets='all'", "Corpus.targets takes tuple[str, ...], not 'all'"),
        ("Trace.sampling_rate", "Couldn't parse statement"),
    ],
)
def test_binding_that_does_not_fit_is_named(binding, words):
    with pytest.raises(ConfigError) as caught:
        load_profile("quick", [binding])
    assert caught.value.brief == "the configuration does not fit"
    assert words in caught.value.details
    assert caught.value.exit_code == 10


def test_missing_binding_is_named():
    with pytest.raises(ConfigError, match="the configuration does not fit") as caught:
        settings.parse_bindings((Trace,), [])
    assert "sampling_rate" in caught.value.details


@pytest.mark.parametrize("profile", ["quack", "/nowhere/x.gin"])
def test_unknown_profile_lists_the_known_ones(profile):
    with pytest.raises(ConfigError) as caught:
        load_profile(profile)
    assert caught.value.brief == f"no profile '{profile}'"
    assert (
        caught.value.resolution
        == "use one of full, quick, seed, tiny, wide, or the path of a .gin file"
    )


def test_failed_load_leaves_nothing_behind():
    with pytest.raises(ConfigError):
        load_profile("quick", ["Trace.sampling_rate='much'"])
    assert load_profile("quick").get(Trace).sampling_rate == 1.0


def test_configs_lie_beside_the_package():
    assert Path(settings.__file__).parents[1] / "configs" == settings.CONFIGS
