from __future__ import annotations

import pytest

from regalloc.errors import PolicyError
from regalloc.pipeline.own_policy import own_policy


def test_no_name_is_the_runs_own_policy():
    assert own_policy("") is None


def test_a_policy_is_known_by_its_files(tmp_path):
    for name, content in (("a", "1"), ("b", "1"), ("c", "2")):
        (tmp_path / name).mkdir()
        (tmp_path / name / "saved_model.pb").write_text(content)
    found = {name: own_policy(str(tmp_path / name)) for name in "abc"}
    assert found["a"].path == tmp_path / "a"
    assert found["a"].digest == found["b"].digest != found["c"].digest


@pytest.mark.parametrize("there", [True, False])
def test_a_folder_without_a_policy_is_refused(tmp_path, there):
    folder = tmp_path / "policy"
    if there:
        folder.mkdir()
    with pytest.raises(PolicyError) as caught:
        own_policy(str(folder))
    assert caught.value.render() == (
        f"error: there is no policy in {folder}\n"
        f"{folder / 'saved_model.pb'} does not exist\n"
        "what to do: run invoke train, or give --policy a folder with a SavedModel"
    )
