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
        (
            "Trace.sampling_rate='much'",
            "Trace.sampling_rate takes a number above 0 and up to 1, not 'much'",
        ),
        ("Ppo.steps=1.5", "Ppo.steps takes a whole number from 0 on, not 1.5"),
        ("Network.with_sqrt=1", "Network.with_sqrt takes bool, not 1"),
        ("Corpus.targets='all'", "Corpus.targets takes tuple[str, ...], not 'all'"),
        ("Bench.workers=(1, 'two')", "Bench.workers takes tuple[int, ...], not (1, 'two')"),
        ("Llvm.flavor='binary'", "Llvm.flavor takes 'relink' or 'source', not 'binary'"),
        ("Train.algorithm='dqn'", "Train.algorithm takes 'ppo' or 'rebel', not 'dqn'"),
        ("Trace.sampling_rate", "'Trace.sampling_rate' would have no effect"),
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


@pytest.mark.parametrize(
    ("binding", "words"),
    [
        (
            "policy_iterations=20",
            "'policy_iterations=20' would have no effect: it is no Section.name=value; "
            "is it Train.policy_iterations",
        ),
        (
            "l2=1",
            "'l2=1' would have no effect: it is no Section.name=value; is it Ppo.l2 or Rebel.l2",
        ),
        ("foo/Train.rollouts=1", "'foo/Train.rollouts=1' would have no effect"),
        ("Limits.attempts=0", "Limits.attempts takes a whole number from 1 on, not 0"),
        ("Train.export_every=0", "Train.export_every takes a whole number from 1 on, not 0"),
        ("Limits.wall_s=-1", "Limits.wall_s takes a number above 0, not -1"),
        ("Limits.wall_s=1e999", "Limits.wall_s takes a number above 0, not inf"),
        ("Limits.memory_mb=0", "Limits.memory_mb takes a whole number from 1 on, not 0"),
        ("Ppo.batch_size=0", "Ppo.batch_size takes a whole number from 1 on, not 0"),
        ("Trace.sampling_rate=-1", "takes a number above 0 and up to 1, not -1"),
        ("Corpus.held_out_fraction=-3", "takes a number from 0 to 1, not -3"),
        ("Train.algorithm=pgo", "Train.algorithm takes 'ppo' or 'rebel', not 'pgo'"),
    ],
)
def test_what_has_no_effect_or_no_sense_is_refused_by_name(binding, words):
    with pytest.raises(ConfigError) as caught:
        load_profile("quick", [binding])
    assert words in caught.value.details


@pytest.mark.parametrize("binding", ["Train.algorithm=ppo", " Train.algorithm = 'ppo' "])
def test_a_word_needs_no_quotes(binding):
    assert load_profile("quick", [binding]).get(Train).algorithm == "ppo"


@pytest.mark.parametrize(
    ("line", "words"),
    [
        ("policy_iterations = 20", "'policy_iterations' has no effect without its section"),
        ("foo/Train.rollouts = 1", "foo/Train has no effect: leave foo/ out"),
    ],
)
def test_what_a_file_binds_without_effect_is_refused(tmp_path, line, words):
    path = tmp_path / "own.gin"
    path.write_text(f"include 'configs/profiles/quick.gin'\n{line}\n")
    with pytest.raises(ConfigError) as caught:
        load_profile(str(path))
    assert words in caught.value.details


def test_a_file_may_name_a_value_and_use_it(tmp_path):
    path = tmp_path / "own.gin"
    path.write_text("include 'configs/profiles/quick.gin'\nMINE = 3\nTrain.rollouts = %MINE\n")
    assert load_profile(str(path)).get(Train).rollouts == 3
