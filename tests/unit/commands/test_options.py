from __future__ import annotations

import pytest

from regalloc.commands.options import DEFAULTS, Options, read_options
from regalloc.errors import ConfigError, ProgramError
from regalloc.layout import PROGRAM_DEFINITION
from regalloc.pipeline.cluster import TOKEN, Cluster
from regalloc.pipeline.own_programs import find_own_programs
from regalloc.settings import ProgramCorpus, Programs


def test_what_is_not_given_is_the_default():
    assert read_options(DEFAULTS, {}) == Options()


def test_what_is_written_becomes_what_it_names(tmp_path):
    (tmp_path / PROGRAM_DEFINITION).write_text("")
    token = tmp_path / "token"
    token.write_text("secret")
    written = {
        "seed": 3,
        "bind": ["Ppo.clip=0.1"],
        "program": [str(tmp_path)],
        "cluster": "head",
        "network": "mine",
    }
    assert read_options(written, {TOKEN: str(token)}) == Options(
        seed=3,
        bind=("Ppo.clip=0.1",),
        program=find_own_programs([str(tmp_path)]),
        cluster=Cluster("ray://head:10001", "mine", token),
        network="mine",
    )


@pytest.mark.parametrize(
    ("written", "error", "brief"),
    [
        ({"seed": -1}, ConfigError, "--seed and --jobs are not negative"),
        ({"jobs": -1}, ConfigError, "--seed and --jobs are not negative"),
        ({"program": ["/nowhere"]}, ProgramError, "there is no program in /nowhere"),
        (
            {"cluster": "a/b", "network": "bridge"},
            ConfigError,
            "--cluster=a/b names no head of a Ray cluster",
        ),
    ],
)
def test_what_names_nothing_is_refused(written, error, brief):
    with pytest.raises(error) as caught:
        read_options(written, {})
    assert caught.value.brief == brief


def test_variants_are_a_setting_of_the_programs():
    options = read_options({"variants": "policy, curve"}, {})
    assert options.settings.get(Programs).variants == ("policy", "curve")
    usual = read_options({}, {}).settings.get(Programs)
    assert usual.variants == ("searched", "profile-searched")


@pytest.mark.parametrize(
    ("asked", "name"),
    [
        ((), "tiny"),
        (("llvm",), "tiny-llvm"),
        (("deb:lua5.4=5.4.4-3",), "tiny-lua5.4"),
        (("program:lua", "program:bzip2"), "tiny-bzip2-lua"),
        (("/my/build", "program:lua"), "tiny-build-lua"),
        (("program:a", "program:b", "program:c", "program:d"), "tiny-4-corpora-cf92326f"),
    ],
)
def test_a_run_is_called_after_its_corpora(asked, name):
    assert Options(profile="tiny", corpus_from=asked).folder.name == name


def test_the_programs_of_the_corpus_are_settings_that_a_binding_can_change():
    options = Options(profile="tiny", corpus_from=("program:lua",))
    chosen = options.settings.get(ProgramCorpus)
    assert (chosen.names, chosen.alone) == (("lua",), True)
    bound = Options(profile="tiny", corpus_from=("program:lua",), bind=("ProgramCorpus.wall_s=7",))
    assert bound.settings.get(ProgramCorpus).wall_s == 7
