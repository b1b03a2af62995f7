from pathlib import Path

import pytest

from regalloc.errors import ConfigError
from regalloc.programs import variants
from regalloc.programs.build import Recipe
from regalloc.programs.training import KINDS
from regalloc.programs.variants import (
    PLAIN_DRAWS,
    PROFILE_DRAWS,
    SETS,
    TABLE,
    find_variant,
    select_variants,
)


def names(*chosen):
    return [variant.name for variant in select_variants(chosen)]


def test_each_is_behind_its_base_and_known_by_its_own_name():
    seen = []
    for variant in TABLE:
        assert variant.base in ("", *seen)
        assert variant.name not in seen
        assert set(variant.profiles) <= KINDS.keys()
        seen.append(variant.name)


def test_what_is_compared_with_is_built_as_well():
    assert names("pgo-profile-searched") == [
        "default", "pgo", "pgo-profile", "pgo-profile-searched",
    ]  # fmt: skip
    assert names() == ["default"]


def test_a_set_is_all_of_its_names_and_all_is_every_set():
    assert names("curve") == [
        "default", "searched-0", "searched-2", "searched", "searched-24", "searched-64",
    ]  # fmt: skip
    assert set(names("all")) == {"default", *(name for each in SETS.values() for name in each)}
    assert {variant.name for variant in TABLE} <= set(names("all"))


def test_the_order_is_the_tables_and_not_that_of_the_names():
    assert names("uniform", "searched-24", "searched", "policy", "searched-2") == [
        "default", "policy", "searched-2", "searched", "searched-24", "uniform",
    ]  # fmt: skip


def test_a_search_of_another_number_of_draws_is_told_it():
    found = find_variant("profile-uniform-3")
    assert (found.draws, found.drawn_by, found.base) == (3, "uniform", "profile")
    assert found.flags == (
        "-mllvm", "-regalloc-search=3", "-mllvm", "-regalloc-search-policy=none",
    )  # fmt: skip
    assert find_variant("profile-searched-8").flags == ()


def test_the_usual_number_of_draws_makes_no_other_variant():
    assert find_variant("searched-8") is find_variant("searched")
    assert names("searched-8", "searched") == ["default", "searched"]


def draws(number: int) -> str:
    return f'"-regalloc-search={number}"'


def test_what_a_release_does_by_itself_is_what_is_said_of_it():
    # The stage itself needs TensorFlow.
    source = (Path(variants.__file__).parents[1] / "stages" / "release.py").read_text()
    assert f"SEARCH, PROFILED_SEARCH = {draws(PLAIN_DRAWS)}, {draws(PROFILE_DRAWS)}" in source
    assert find_variant("searched").flags == ()


@pytest.mark.parametrize(
    "name", ["serched", "policy-8", "searched-", "default-2", "searched-x", ""]
)
def test_a_name_of_nothing_is_told_with_those_that_there_are(name):
    with pytest.raises(ConfigError) as caught:
        select_variants(["searched", name])
    assert caught.value.brief == f"there is no variant {name!r}"
    assert "searched, uniform" in caught.value.details
    assert "curve, all" in caught.value.details
    assert "Programs.variants" in caught.value.resolution


def test_more_draws_than_the_compiler_makes_are_refused():
    with pytest.raises(ConfigError, match="searched-1001 draws more than 1000 times"):
        find_variant("searched-1001")


def test_flags_are_said_where_a_link_does_not_warn_of_them(tmp_path):
    recipe = Recipe("regalloc-clang", ("-mllvm", "-x"))
    assert recipe.command("cxx", tmp_path) == (
        str(tmp_path / "bin/regalloc-clang++"),
        "--start-no-unused-arguments", "-mllvm", "-x", "--end-no-unused-arguments",
    )  # fmt: skip
    assert Recipe("clang").command("cc", tmp_path) == (str(tmp_path / "bin/clang"),)
