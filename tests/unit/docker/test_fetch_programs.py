"""The script that fetches the programs' tarballs, with an apt-get that does what mirrors may do."""

from __future__ import annotations

import hashlib
import os
import subprocess
import sys
from pathlib import Path

import pytest

from tests.unit.docker.scripts import FOLDER, load

CONTENT = b"a tarball"
TOML = """\
name = "own"
[package]
name = "own-source"
file = "own_1.2+dfsg.orig.tar.xz"
sha256 = "{sha256}"
"""


@pytest.fixture
def definitions(tmp_path: Path) -> Path:
    folder = tmp_path / "definitions"
    for name in ("own", "plain"):
        (folder / name).mkdir(parents=True)
    text = TOML.format(sha256=hashlib.sha256(CONTENT).hexdigest())
    (folder / "own" / "program.toml").write_text(text)
    (folder / "plain" / "program.toml").write_text('name = "plain"\nfolder = "src"\n')
    return folder


def fetch(tmp_path: Path, definitions: Path, apt: str) -> subprocess.CompletedProcess[str]:
    """Run the script under an apt-get that executes a line of shell instead of fetching."""
    tools = tmp_path / "tools"
    tools.mkdir(exist_ok=True)
    script = f'#!/bin/sh\n[ "$1" = update ] && exit 0\necho "$@" >>"{tmp_path}/asked"\n{apt}\n'
    (tools / "apt-get").write_text(script)
    (tools / "apt-cache").write_text("#!/bin/sh\nprintf 'Version: %s\\n\\n' 1.2-1+deb12u1 1.2-1\n")
    for tool in tools.iterdir():
        tool.chmod(0o755)
    (tmp_path / "cache").mkdir(exist_ok=True)
    return subprocess.run(
        ["bash", str(FOLDER / "fetch-programs.sh"), str(definitions), str(tmp_path / "out")],
        env={
            **os.environ,
            "PATH": f"{tools}:{os.environ['PATH']}",
            "PYTHON": sys.executable,
            "SOURCE_CACHE": str(tmp_path / "cache"),
        },
        capture_output=True, text=True, check=False,
    )  # fmt: skip


def serve(content: bytes, name: str = "own_1.2+dfsg.orig.tar.xz") -> str:
    return f"printf '{content.decode()}' >'{name}'"


def test_a_tarball_is_fetched_once_and_kept(tmp_path, definitions):
    for _ in range(2):
        done = fetch(tmp_path, definitions, serve(CONTENT))
        assert done.returncode == 0, done.stderr
    assert [path.name for path in (tmp_path / "out").iterdir()] == ["own_1.2+dfsg.orig.tar.xz"]
    assert (tmp_path / "asked").read_text() == (
        "source -qq --only-source --download-only --tar-only own-source\n"
    )


def test_a_tarball_that_an_update_lacks_is_fetched_with_another_version(tmp_path, definitions):
    done = fetch(
        tmp_path, definitions, f'case "$6" in *=1.2-1) {serve(CONTENT)};; *) exit 100; esac'
    )
    assert done.returncode == 0, done.stderr
    assert (tmp_path / "out" / "own_1.2+dfsg.orig.tar.xz").read_bytes() == CONTENT
    asked = [line.split()[-1] for line in (tmp_path / "asked").read_text().splitlines()]
    assert asked == ["own-source", "own-source=1.2-1+deb12u1", "own-source=1.2-1"]


@pytest.mark.parametrize(
    ("apt", "message"),
    [
        ("exit 100", "error: the source package own-source could not be fetched"),
        (
            serve(CONTENT, "own_2.orig.tar.xz"),
            "error: the source package own-source has no own_1.2",
        ),
        (serve(b"another"), "error: own_1.2+dfsg.orig.tar.xz has sha256 "),
    ],
)
def test_what_cannot_be_had_is_named_and_nothing_is_kept(tmp_path, definitions, apt, message):
    done = fetch(tmp_path, definitions, apt)
    assert done.returncode == 1
    assert message in done.stderr
    assert "what to do: " in done.stderr
    assert list((tmp_path / "cache").iterdir()) == []
    assert list((tmp_path / "out").iterdir()) == []


def test_components_are_what_the_bill_of_materials_takes(definitions):
    sources = load("program-sources")
    (package,) = sources.packages(definitions)
    assert sources.component(package) == (
        "own_1.2+dfsg.orig.tar.xz",
        "1.2+dfsg",
        hashlib.sha256(CONTENT).hexdigest(),
        "NOASSERTION",
        "pkg:deb/debian/own-source@1.2+dfsg?arch=source",
    )
