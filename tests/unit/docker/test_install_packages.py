"""The script that installs Debian packages, checked against a lock."""

from __future__ import annotations

import os
import shutil
import subprocess
from pathlib import Path

SCRIPTS = Path(__file__).parents[3] / "docker/scripts"
DPKG = """#!/bin/sh
case "$2" in
*Package*) cat "$STATE" ;;
*) grep -q " $3 " "$STATE" && echo installed ;;
esac
"""
APT = """#!/bin/sh
[ "$1" = update ] && exit 0
[ -e "$STATE.broken" ] && exit 100
for name; do :; done
echo "installed $name 2.0" >>"$STATE"
"""


def install(tmp_path: Path, lock: str, package: str = "new", **environ: str):
    """Install a package of version 2.0 on a machine that has old 1.0."""
    for name, text in (("dpkg-query", DPKG), ("apt-get", APT)):
        (tmp_path / name).write_text(text)
        (tmp_path / name).chmod(0o755)
    scripts = tmp_path / "docker/scripts"
    scripts.mkdir(parents=True)
    shutil.copy(SCRIPTS / "install-packages.sh", scripts)
    (tmp_path / "docker/images.lock").write_text(lock)
    (tmp_path / "list").write_text(f"# remark\n{package}\n")
    (tmp_path / "state").write_text("installed old 1.0\n")
    return subprocess.run(
        ["bash", str(scripts / "install-packages.sh"), str(tmp_path / "list")],
        env={
            **os.environ, "PATH": f"{tmp_path}:{os.environ['PATH']}",
            "STATE": str(tmp_path / "state"), **environ,
        },
        capture_output=True, text=True, check=False,
    )  # fmt: skip


def test_locked_versions_pass(tmp_path):
    done = install(tmp_path, "package new 2.0\npackage old 1.0\n")
    assert (done.returncode, done.stderr) == (0, "")
    assert "installed new 2.0" in (tmp_path / "state").read_text()


def test_another_version_is_refused_with_both(tmp_path):
    done = install(tmp_path, "package new 1.9\npackage old 1.0\n")
    assert done.returncode == 1
    assert "error: Debian packages differ from docker/images.lock:" in done.stderr
    assert "  new 2.0, the lock has 1.9\n" in done.stderr
    assert "invoke lock" in done.stderr


def test_a_package_the_lock_does_not_know_is_refused_unless_it_was_there_before(tmp_path):
    done = install(tmp_path, "source x 1 sha256:0\n")
    assert done.returncode == 1
    assert "  new 2.0, the lock has none\n" in done.stderr
    assert "old" not in done.stderr


def test_a_machine_of_ones_own_is_only_told(tmp_path):
    done = install(tmp_path, "package new 1.9\n", LOCK="warn")
    assert done.returncode == 0
    assert done.stderr.startswith("warn: Debian packages differ from docker/images.lock:")


def test_a_name_follows_the_release(tmp_path):
    done = install(tmp_path, "package clang-15 2.0\n", "clang-@LLVM_MAJOR@", LLVM_MAJOR="15")
    assert done.returncode == 0, done.stderr
    assert "installed clang-15 2.0" in (tmp_path / "state").read_text()


def test_a_broken_network_is_named(tmp_path):
    (tmp_path / "state.broken").touch()
    done = install(tmp_path, "package new 2.0\n")
    assert done.returncode == 1
    assert "error: Debian packages could not be installed: new" in done.stderr
