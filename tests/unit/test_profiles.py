import dataclasses
from pathlib import Path

import pytest

from regalloc import profiles, settings
from regalloc.errors import ConfigError
from regalloc.profiles import format_bindings, load_profile
from regalloc.settings import Corpus, Network, Ppo, Trace, Train, Warmstart

PROFILES = sorted(path.stem for path in (profiles.CONFIGS / "profiles").glob("*.gin"))


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
    ppo = full.get(Ppo)
    assert (ppo.steps, ppo.batch_size, ppo.sequence_length) == (200, 256, 16)


def test_seed_profile_stays_upstreams():
    seed = load_profile("seed")
    assert seed.get(Corpus) == load_profile("quick").get(Corpus)
    full = load_profile("full")
    shorter = {"policy_iterations": 6, "modules_per_iteration": 32, "export_every": 2}
    assert seed.get(Train) == dataclasses.replace(full.get(Train), **shorter)
    assert seed.get(Ppo) == dataclasses.replace(full.get(Ppo), steps=50)
    assert seed.get(Warmstart) == dataclasses.replace(full.get(Warmstart), steps=1000)


def test_bindings_reproduce_the_sections():
    sections = [load_profile("quick").get(kind) for kind in (Trace, Network, Corpus)]
    again = profiles.parse_bindings((Trace, Network, Corpus), format_bindings(sections))
    assert list(again.sections) == sections


def test_binding_wins_over_the_profile():
    assert load_profile("quick", ["Trace.sampling_rate=0.5"]).get(Trace).sampling_rate == 0.5


def test_profile_is_found_from_any_folder(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    own = tmp_path / "own.gin"
    own.write_text("include 'configs/profiles/quick.gin'\nPpo.steps = 7\n")
    assert load_profile(str(own)).get(Ppo).steps == 7


def test_whole_number_serves_as_float():
    value = load_profile("quick", ["Trace.sampling_rate=1"]).get(Trace).sampling_rate
    assert (value, type(value)) == (1.0, float)


@pytest.mark.parametrize(
    ("binding", "words"),
    [
        ("Trace.rate=1", "doesn't have a parameter named 'rate'"),
        ("Trades.sampling_rate=1", "No configurable matching 'Trades'"),
        ("Trace.sampling_rate='much'", "Trace.sampling_rate takes float, not 'much'"),
        ("Ppo.steps=1.5", "Ppo.steps takes int, not 1.5"),
        ("Network.with_sqrt=1", "Network.with_sqrt takes bool, not 1"),
        ("Corpus.targets='all'", "Corpus.targets takes tuple[str, ...], not 'all'"),
        ("Bench.workers=(1, 'two')", "Bench.workers takes tuple[int, ...], not (1, 'two')"),
        ("Llvm.flavor='binary'", "Llvm.flavor takes 'relink' or 'source', not 'binary'"),
        ("Train.algorithm='dqn'", "Train.algorithm takes 'ppo' or 'rebel', not 'dqn'"),
        ("Trace.sampling_rate", "Couldn't parse statement"),
    ],
)
def test_binding_that_does_not_fit_is_named(binding, words):
    with pytest.raises(ConfigError) as caught:
        load_profile("quick", [binding])
    assert caught.value.brief == "the configuration does not fit"
    assert words in caught.value.details
    assert caught.value.exit_code == 10


def test_binding_that_moved_says_where_to():
    with pytest.raises(ConfigError) as caught:
        load_profile("quick", ["Train.clip=0.1"])
    assert caught.value.brief == "Train.clip is Ppo.clip now"
    assert "Train.clip=0.1" in caught.value.details
    assert caught.value.resolution == "rename it; configs/ppo.gin has all that moved with it"
    assert caught.value.exit_code == 10


def test_file_of_a_user_with_a_setting_that_moved_is_told_with_its_line(tmp_path):
    own = tmp_path / "own.gin"
    own.write_text("include 'configs/profiles/quick.gin'\nTrain.baseline_decay = 0.7\n")
    with pytest.raises(ConfigError) as caught:
        load_profile(str(own))
    assert caught.value.brief == "Train.baseline_decay is Ppo.baseline_decay now"
    assert f'"{own}", line 2' in caught.value.details


def test_binding_of_a_setting_that_was_removed_says_so():
    with pytest.raises(ConfigError) as caught:
        load_profile("quick", ["Train.overlap=True"])
    assert caught.value.brief == "there is no Train.overlap any more"
    assert (caught.value.resolution, caught.value.exit_code) == ("leave it out", 10)


def test_section_that_is_not_there_is_an_error():
    with pytest.raises(KeyError, match="Network"):
        profiles.parse_bindings((Trace,), ["Trace.sampling_rate=1.0"]).get(Network)


def test_missing_binding_is_named():
    with pytest.raises(ConfigError, match="the configuration does not fit") as caught:
        profiles.parse_bindings((Trace,), [])
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
    assert Path(profiles.__file__).parents[1] / "configs" == profiles.CONFIGS
