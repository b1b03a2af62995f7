import pytest

from regalloc.commands.machine import CHECKOUT
from regalloc.errors import ConfigError
from regalloc.images.program_corpus import DEFINITIONS, bind_programs, check_programs, split_corpora
from regalloc.profiles import load_profile
from regalloc.programs.reading import find_programs


def settings(*bindings):
    return load_profile("tiny", bindings)


def test_programs_are_told_from_other_corpora_and_named_once():
    asked = ["program:lua", "deb:zlib", "program:bzip2", "program:lua", "/build"]
    assert split_corpora(asked) == (("lua", "bzip2"), ("deb:zlib", "/build"))


@pytest.mark.parametrize(
    ("asked", "bindings"),
    [
        ((), ()),
        (("deb:zlib",), ("ProgramCorpus.names=()", "ProgramCorpus.alone=False")),
        (("program:lua",), ("ProgramCorpus.names=('lua',)", "ProgramCorpus.alone=True")),
        (("llvm", "program:lua"), ("ProgramCorpus.names=('lua',)", "ProgramCorpus.alone=False")),
    ],
)
def test_what_is_asked_for_takes_the_place_of_what_the_profile_says(asked, bindings):
    assert bind_programs(asked) == bindings


def test_a_folder_of_configs_is_called_as_the_program_in_it():
    # The host goes by the folders' names, the stage by what program.toml says.
    programs = find_programs(CHECKOUT / DEFINITIONS)
    assert {program.folder.name: program.name for program in programs} == {
        program.name: program.name for program in programs
    }


@pytest.mark.parametrize(
    "bindings",
    [
        (),
        ("ProgramCorpus.names=('lua','bzip2')", "HoldOut.programs=('lua',)"),
        ("ProgramCorpus.names=('lua',)", "HoldOut.folds=2", "HoldOut.fold=1"),
        # Without programs any compiler does.
        ("Llvm.major=15",),
    ],
)
def test_what_can_be_made_passes(bindings):
    check_programs(settings(*bindings), CHECKOUT)


@pytest.mark.parametrize(
    ("bindings", "brief"),
    [
        (("ProgramCorpus.names=('luna',)",), "there is no program 'luna'"),
        (("ProgramCorpus.names=('common',)",), "there is no program 'common'"),
        (("ProgramCorpus.alone=True",), "the corpus is empty"),
        (
            ("ProgramCorpus.names=('lua',)", "HoldOut.programs=('bzip2',)"),
            "the program 'bzip2' cannot be held out",
        ),
        (("HoldOut.folds=3", "HoldOut.fold=3"), "there is no fold 3 of 3"),
        (("HoldOut.folds=1",), "there is no fold 0 of 1"),
        (("HoldOut.fold=1",), "there is no fold 1 of 0"),
        (
            ("ProgramCorpus.names=('lua',)", "Llvm.major=15"),
            "this compiler takes no profile of the code that it generates",
        ),
        (
            ("ProgramCorpus.names=('lua',)", "Llvm.flavor='source'"),
            "this compiler takes no profile of the code that it generates",
        ),
    ],
)
def test_what_cannot_be_made_is_refused(bindings, brief):
    with pytest.raises(ConfigError) as caught:
        check_programs(settings(*bindings), CHECKOUT)
    assert caught.value.brief == brief
    assert caught.value.details
    assert caught.value.resolution


def test_an_unknown_program_is_told_which_there_are():
    with pytest.raises(ConfigError) as caught:
        check_programs(settings("ProgramCorpus.names=('luna',)"), CHECKOUT)
    assert caught.value.details.startswith("configs/programs describes brotli, bzip2, ")
    assert caught.value.resolution == (
        "correct --corpus-from=program:luna, or ProgramCorpus.names of the profile"
    )
