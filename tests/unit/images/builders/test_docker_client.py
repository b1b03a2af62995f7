from __future__ import annotations

from pathlib import Path

import pytest

from regalloc.errors import ImageError
from regalloc.images.builders.docker_client import (
    Client,
    build_secrets,
    find_client,
    pip_config_files,
)


def fake_docker(folder: Path, version: str, buildx: bool) -> Path:
    folder.mkdir()
    path = folder / "docker"
    path.write_text(
        "#!/bin/sh\n"
        f'if [ "$1" = --version ]; then echo "Docker version {version}, build x"; exit 0; fi\n'
        f"exit {0 if buildx else 1}\n"
    )
    path.chmod(0o755)
    return path


@pytest.mark.parametrize(
    ("version", "buildx", "build"),
    [("20.10.24+dfsg1", False, ("build",)), ("28.2.2", True, ("build", "--load"))],
)
def test_find_client_takes_one_that_drives_buildkit(tmp_path, version, buildx, build):
    path = fake_docker(tmp_path / "a", version, buildx)
    client = find_client(str(path.parent))
    assert client == Client(path, int(version[:2]))
    assert client.build == (str(path), *build)


def test_find_client_passes_over_a_new_one_without_buildx(tmp_path):
    new = fake_docker(tmp_path / "a", "28.2.2", False)
    old = fake_docker(tmp_path / "b", "20.10.24", False)
    assert find_client(f"{new.parent}:{old.parent}") == Client(old, 20)


def test_find_client_without_any_says_what_it_saw(tmp_path, monkeypatch):
    monkeypatch.setattr("regalloc.images.builders.docker_client.SYSTEM", ())
    new = fake_docker(tmp_path / "a", "28.2.2", False)
    old = fake_docker(tmp_path / "b", "1.13.1", False)
    with pytest.raises(ImageError) as caught:
        find_client(f"{new.parent}:{old.parent}:{tmp_path}")
    assert caught.value.render() == (
        "error: no docker client that can drive BuildKit\n"
        f"{new}: version 28, without the buildx plugin\n"
        f"{old}: too old or not a docker client\n"
        "what to do: install the docker-buildx plugin, or on Debian 12: apt-get install docker.io"
    )


def test_build_secrets_pass_only_what_exists(tmp_path):
    ca, conf, apt = tmp_path / "ca.pem", tmp_path / "pip.conf", tmp_path / "apt"
    apt.write_text("")
    missing = str(tmp_path / "missing")
    assert build_secrets({"SSL_CERT_FILE": missing}, [tmp_path / "no"], apt) == ()
    ca.write_text("")
    conf.write_text("")
    apt.write_text("Types: deb")
    environ = {"SSL_CERT_FILE": missing, "PIP_CERT": str(ca)}
    assert build_secrets(environ, [tmp_path / "no", conf], apt) == (
        "--secret", f"id=ca,src={ca}", "--secret", f"id=pipconf,src={conf}",
        "--secret", f"id=apt,src={apt}",
    )  # fmt: skip


def test_pip_config_files_start_with_the_one_named():
    home = Path("/home/u")
    assert pip_config_files({"PIP_CONFIG_FILE": "/p"}, home) == (
        Path("/p"),
        home / ".config/pip/pip.conf",
        home / ".pip/pip.conf",
        Path("/etc/pip.conf"),
    )
