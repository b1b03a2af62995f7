import pytest

from regalloc.commands.machine import exclusive
from regalloc.engine.owner import owner_of
from regalloc.errors import DiskError


def test_a_folder_keeps_its_token_and_another_has_another(tmp_path):
    for name in ("one", "two"):
        (tmp_path / name).mkdir()
    token = owner_of(tmp_path / "one")
    with exclusive(tmp_path / "one"):
        assert owner_of(tmp_path / "one") == token
    assert owner_of(tmp_path / "two") != token


def test_what_is_no_token_is_replaced(tmp_path):
    (tmp_path / ".lock").write_bytes(b"\xff" * 99)
    token = owner_of(tmp_path)
    assert (tmp_path / ".lock").read_text() == f"{token}\n"


def test_a_token_is_not_written_through_a_link(tmp_path):
    (tmp_path / ".lock").symlink_to(tmp_path / "elsewhere")
    with pytest.raises(DiskError):
        owner_of(tmp_path)
    assert not (tmp_path / "elsewhere").exists()
