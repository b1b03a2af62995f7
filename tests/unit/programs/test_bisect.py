import pytest

from regalloc.programs.bisect import find_culprits

NAMES = tuple(f"unit{number:02}.o" for number in range(40))


def search(candidates, guilty):
    """Return the culprits, where all of the guilty together make a program wrong, and the tries."""
    tries = []

    def is_wrong(names):
        tries.append(names)
        return bool(guilty) and guilty <= set(names)

    return find_culprits(candidates, is_wrong), len(tries)


@pytest.mark.parametrize("culprit", [NAMES[0], NAMES[17], NAMES[-1]])
def test_one_culprit_is_found_in_logarithmic_tries(culprit):
    culprits, tries = search(NAMES, {culprit})
    assert culprits == (culprit,)
    assert tries <= 9


def test_culprits_that_need_each_other_are_found_together():
    guilty = {NAMES[3], NAMES[21], NAMES[22]}
    assert set(search(NAMES, guilty)[0]) == guilty


def test_the_only_candidate_is_tried_and_not_assumed():
    assert search(NAMES[:1], {NAMES[0]})[0] == (NAMES[0],)
    assert search(NAMES[:1], {NAMES[1]})[0] == ()


def test_no_candidate_and_no_guilt_are_no_culprit():
    assert search((), set())[0] == ()
    assert search(NAMES, set())[0] == ()


def test_a_program_that_is_wrong_without_any_candidate_blames_none():
    assert find_culprits(NAMES, lambda names: True) == ()


def test_of_two_that_each_suffice_one_is_named():
    assert find_culprits(NAMES, lambda names: bool({NAMES[5], NAMES[30]} & set(names))) == (
        NAMES[5],
    )
