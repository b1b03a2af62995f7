"""The script that fetches a Debian source package, with an apt that does what a mirror may do."""

from __future__ import annotations

import hashlib
import json
import os
import subprocess

import pytest

from tests.unit.docker.scripts import FOLDER

DSC = "Format: 3.0\nSource: zap\nVersion: 1.0-1\nChecksums-Sha256:\n 00ff 12 zap_1.0.orig.tar.gz\n"
# zap is a source package in two versions, and libzap1 is built from it.
APT_CACHE = """#!/bin/sh
case "$*" in
  *zap | *libzap1)
    case "$*" in *only-source*libzap1) exit 0 ;; esac
    printf 'Package: zap\\nVersion: 1.0-1\\n\\nPackage: zap\\nVersion: 1.0-1+deb12u1\\n'
esac
"""
APT_GET = """#!/bin/sh
echo "apt-get $*" >>"$ASKED"
case $1 in
  update)
    if [ -n "$APT_CONFIG" ] && [ -z "$NO_LISTS" ]; then
      touch "${APT_CONFIG%/*}/lists/x_Sources"
    fi ;;
  source) if [ -n "$NO_FILES" ]; then exit 100; fi; cp "$SERVED" . ;;
  build-dep) if [ -n "$NO_DEPS" ]; then exit 100; fi ;;
esac
"""
DPKG_SOURCE = """#!/bin/sh
if [ -n "$NO_UNPACK" ]; then exit 25; fi
for target; do :; done
mkdir "$target"
"""


@pytest.fixture
def fetch(tmp_path):
    tools = tmp_path / "tools"
    tools.mkdir()
    for name, text in (("cache", APT_CACHE), ("get", APT_GET)):
        (tools / f"apt-{name}").write_text(text)
        (tools / f"apt-{name}").chmod(0o755)
    (tools / "dpkg-source").write_text(DPKG_SOURCE)
    (tools / "dpkg-source").chmod(0o755)
    (tmp_path / "zap_1.0-1.dsc").write_text(DSC)

    def run(spec, **environ):
        return subprocess.run(
            ["bash", str(FOLDER / "fetch-package.sh"), spec, str(tmp_path / "package")],
            env={
                "PATH": f"{tools}:{os.environ['PATH']}",
                "SERVED": str(tmp_path / "zap_1.0-1.dsc"),
                "ASKED": str(tmp_path / "asked"),
                **environ,
            },
            capture_output=True,
            text=True,
            check=False,
        )

    return run


@pytest.mark.parametrize("spec", ["zap", "zap=1.0-1", "zap=1.0-1+deb12u1"])
def test_a_package_is_fetched_described_and_its_needs_installed(fetch, tmp_path, spec):
    done = fetch(spec)
    assert (done.returncode, done.stderr) == (0, "")
    assert (tmp_path / "package" / "source").is_dir()
    assert json.loads((tmp_path / "package" / "source.json").read_text()) == {
        "package": "zap",
        "version": "1.0-1",
        "files": [
            {"name": "zap_1.0-1.dsc", "sha256": hashlib.sha256(DSC.encode()).hexdigest()},
            {"name": "zap_1.0.orig.tar.gz", "sha256": "00ff"},
        ],
    }
    asked = (tmp_path / "asked").read_text().splitlines()
    assert [line.split()[1] for line in asked] == ["update", "source", "update", "build-dep"]
    assert asked[1].endswith(f"--download-only {spec}")


NETWORK = "see above what apt met; the same command goes on where this one stopped"


@pytest.mark.parametrize(
    ("spec", "environ", "error", "advice"),
    [
        (
            "unheard",
            {},
            "there is no source package unheard",
            "look the name up: apt-cache showsrc",
        ),
        (
            "libzap1",
            {},
            "there is no source package libzap1",
            "name the source of the binary package libzap1: zap",
        ),
        (
            "zap=2",
            {},
            "the source package zap has no version 2",
            "choose one of: 1.0-1 1.0-1+deb12u1",
        ),
        # A pattern is no version, even where one version fits it.
        (
            "zap=1.0-?",
            {},
            "the source package zap has no version 1.0-?",
            "choose one of: 1.0-1 1.0-1+deb12u1",
        ),
        (
            "zap",
            {"NO_LISTS": "1"},
            "the lists of source packages could not be fetched",
            NETWORK,
        ),
        ("zap", {"NO_FILES": "1"}, "the source package zap could not be fetched", NETWORK),
        (
            "zap",
            {"NO_UNPACK": "1"},
            "the source package zap could not be unpacked",
            "try another version",
        ),
        (
            "zap",
            {"NO_DEPS": "1"},
            "the build dependencies of zap cannot be installed",
            "see above which are missing",
        ),
    ],
)
def test_what_goes_wrong_is_named(fetch, spec, environ, error, advice):
    done = fetch(spec, **environ)
    assert done.returncode == 1
    assert done.stderr == f"error: {error}\nwhat to do: {advice}\n"
