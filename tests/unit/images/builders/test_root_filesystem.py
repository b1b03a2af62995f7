from __future__ import annotations

import shutil
from pathlib import Path

import pytest

from regalloc.errors import ImageError
from regalloc.images.builders import root_filesystem
from regalloc.images.builders.root_filesystem import (
    Base,
    bootstrap,
    find_mmdebstrap,
    prepare_base,
    root_digest,
)

KEY = "Signed-By: /usr/share/keyrings/debian-archive-keyring.gpg"
STANZA = f"Types: deb\nURIs: http://mirror.test/debian\nSuites: bookworm\n{KEY}\n"


def never(reference: str) -> bool:
    raise AssertionError(reference)


def test_prepare_base_takes_the_given_image_first(tmp_path):
    found = prepare_base(tmp_path, {"BASE_IMAGE": "mine:1"}, never, "")
    assert found == Base("mine:1", "BASE_IMAGE mine:1", None)


def test_prepare_base_pulls_before_it_bootstraps(tmp_path):
    found = prepare_base(tmp_path, {}, lambda reference: True, "")
    assert found == Base("debian:bookworm-slim", "pulled debian:bookworm-slim", None)


def fake_mmdebstrap(folder: Path, script: str) -> Path:
    folder.mkdir()
    path = folder / "mmdebstrap"
    path.write_text(f"#!/bin/sh\nfor last; do before=$output; output=$last; done\n{script}\n")
    path.chmod(0o755)
    return path


def test_bootstrap_is_hashed_and_kept_for_who_wants_it(tmp_path, monkeypatch):
    script = 'echo "$SOURCE_DATE_EPOCH" >"$before"; echo run >>"$0.count"'
    tool = fake_mmdebstrap(tmp_path / "bin", script)
    monkeypatch.setenv("PATH", f"{tool.parent}:/usr/bin:/bin")
    folder = bootstrap(tmp_path / "cache", STANZA)
    assert bootstrap(tmp_path / "cache", STANZA, root_digest(folder)) == folder
    assert (folder / "rootfs.tar").read_text() == "1735689600\n"
    assert len((folder / "rootfs.sha256").read_text()) == 65
    assert Path(f"{tool}.count").read_text() == "run\n"


@pytest.mark.parametrize("wanted", [None, "", "5" * 64])
def test_bootstrap_of_other_packages_is_made_anew(tmp_path, monkeypatch, wanted):
    tool = fake_mmdebstrap(tmp_path / "bin", 'echo run >>"$0.count"; cat "$0.count" >"$before"')
    monkeypatch.setenv("PATH", f"{tool.parent}:/usr/bin:/bin")
    before = root_digest(bootstrap(tmp_path / "cache", STANZA))
    folder = bootstrap(tmp_path / "cache", STANZA, wanted)
    assert (folder / "rootfs.tar").read_text() == "run\nrun\n"
    assert root_digest(folder) != before


def test_bootstrap_that_fails_leaves_nothing_and_shows_why(tmp_path, monkeypatch):
    tool = fake_mmdebstrap(tmp_path / "bin", "echo 'E: no mirror'; exit 25")
    monkeypatch.setenv("PATH", f"{tool.parent}:/usr/bin:/bin")
    with pytest.raises(ImageError) as caught:
        bootstrap(tmp_path / "cache", STANZA)
    assert caught.value.brief == "Debian could not be bootstrapped"
    assert caught.value.details.endswith("ended with: exit code 25\nE: no mirror")
    assert [p.suffix for p in (tmp_path / "cache/base").iterdir()] == [".partial"]


def test_a_machine_that_is_no_debian_12_is_told_what_to_do(tmp_path):
    with pytest.raises(ImageError) as caught:
        bootstrap(tmp_path, "")
    assert caught.value.render() == (
        "error: no Debian base image can be had\n"
        "debian:bookworm-slim cannot be pulled, and /etc/apt names no source of Debian 12\n"
        "what to do: set BASE_IMAGE to a Debian 12 image"
    )


def test_no_mmdebstrap_says_what_to_do(monkeypatch):
    monkeypatch.setattr(shutil, "which", lambda name: None)
    with pytest.raises(ImageError) as caught:
        find_mmdebstrap()
    assert caught.value.render() == (
        "error: no Debian base image can be had\n"
        "debian:bookworm-slim cannot be pulled, and mmdebstrap is not installed\n"
        "what to do: set BASE_IMAGE to a Debian 12 image, or install mmdebstrap"
    )


def test_the_dockerfile_has_the_stage_a_bootstrap_names():
    dockerfile = Path(__file__).parents[4] / "docker/base/Dockerfile"
    assert f"FROM scratch AS {root_filesystem.BOOTSTRAPPED}\n" in dockerfile.read_text()
