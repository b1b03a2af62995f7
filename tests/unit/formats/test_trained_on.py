import pytest

from regalloc.errors import PolicyError
from regalloc.formats.trained_on import read_trained_on, write_trained_on


def test_programs_are_read_as_they_are_written(tmp_path):
    write_trained_on(tmp_path, ["xz", "lua"])
    assert read_trained_on(tmp_path) == ("lua", "xz")


def test_nothing_is_known_of_a_policy_from_elsewhere(tmp_path):
    assert read_trained_on(tmp_path) == ()


@pytest.mark.parametrize("text", ["{", "[]", "{}", '{"programs": "lua"}', '{"programs": [1]}'])
def test_a_damaged_file_is_named(tmp_path, text):
    (tmp_path / "trained_on.json").write_text(text)
    with pytest.raises(PolicyError) as caught:
        read_trained_on(tmp_path)
    assert caught.value.brief == "what the policy was trained on cannot be read"
    assert caught.value.details.startswith(f"{tmp_path}/trained_on.json: ")
