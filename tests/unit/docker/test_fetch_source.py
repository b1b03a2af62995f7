"""The script that fetches LLVM's sources, with an apt-get that does what a mirror may do."""

from __future__ import annotations

import hashlib
import os
import subprocess
import tarfile
from pathlib import Path

import pytest

SCRIPT = Path(__file__).parents[3] / "docker/scripts/fetch-source.sh"
FILE = "llvm-toolchain-9_9.0.1.orig.tar.xz"
TREES = ("cmake", "third-party", "libunwind/include", "lld", "llvm", "clang")
TESTS = "llvm/test/CodeGen/MLTests"
LEFT_OUT = ("llvm/test/CodeGen/X86", "llvm/test/Bitcode", "clang/test", "llvm/unittests")


@pytest.fixture
def tarball(tmp_path: Path) -> Path:
    for name in (*TREES, TESTS, *LEFT_OUT):
        file = tmp_path / "llvm-9" / name / "file"
        file.parent.mkdir(parents=True)
        file.write_text(name)
    path = tmp_path / "served" / FILE
    path.parent.mkdir()
    with tarfile.open(path, "w:xz") as archive:
        archive.add(tmp_path / "llvm-9", "llvm-9")
    return path


def fetch(tmp_path: Path, tarball: Path, apt: str, **environ: str):
    """Run the script under an apt-get that executes a line of shell instead of fetching."""
    tools = tmp_path / "tools"
    tools.mkdir(exist_ok=True)
    (tools / "apt-get").write_text(
        f'#!/bin/sh\n[ "$1" = update ] && exit 0\necho asked >>"{tmp_path}/asked"\n{apt}\n'
    )
    (tools / "apt-get").chmod(0o755)
    (tmp_path / "cache").mkdir(exist_ok=True)
    return subprocess.run(
        ["bash", str(SCRIPT), str(tmp_path / "out")],
        env={
            **os.environ,
            "PATH": f"{tools}:{os.environ['PATH']}",
            "SOURCE_CACHE": str(tmp_path / "cache"),
            "LLVM_VERSION": "9.0.1",
            "LLVM_SOURCE_PACKAGE": "llvm-toolchain-9",
            "LLVM_SOURCE_VERSION": "1:9.0.1-1",
            "LLVM_SOURCE_FILE": FILE,
            "LLVM_SOURCE_SHA256": hashlib.sha256(tarball.read_bytes()).hexdigest(),
            "LLVM_ADVISOR_TESTS": "MLTests",
            **environ,
        },
        capture_output=True, text=True, check=False,
    )  # fmt: skip


def test_what_is_needed_is_unpacked_and_the_tarball_kept(tmp_path, tarball):
    for _ in range(2):
        done = fetch(tmp_path, tarball, f'cp "{tarball}" .')
        assert done.returncode == 0, done.stderr
    assert (tmp_path / "asked").read_text() == "asked\n"
    unpacked = {
        str(p.parent.relative_to(tmp_path / "out")) for p in (tmp_path / "out").rglob("file")
    }
    assert unpacked == {*TREES, TESTS}


def test_a_network_that_breaks_off_leaves_nothing_and_says_so(tmp_path, tarball):
    done = fetch(
        tmp_path, tarball, f"head -c 100 '{tarball}' >{FILE}; echo 'E: reset' >&2; exit 100"
    )
    assert done.returncode == 1
    assert (
        "error: the source package llvm-toolchain-9 1:9.0.1-1 could not be fetched" in done.stderr
    )
    assert (list((tmp_path / "cache").iterdir()), (tmp_path / "out").exists()) == ([], False)
    assert fetch(tmp_path, tarball, f'cp "{tarball}" .').returncode == 0


def test_a_wrong_file_is_refused_with_both_hashes_and_not_kept(tmp_path, tarball):
    done = fetch(tmp_path, tarball, f"echo other >{FILE}")
    assert done.returncode == 1
    got = hashlib.sha256(b"other\n").hexdigest()
    assert f"error: {FILE} has sha256 {got}" in done.stderr
    assert hashlib.sha256(tarball.read_bytes()).hexdigest() in done.stderr
    assert (list((tmp_path / "cache").iterdir()), (tmp_path / "out").exists()) == ([], False)


def test_a_damaged_tarball_in_the_cache_is_fetched_again(tmp_path, tarball):
    (tmp_path / "cache").mkdir()
    (tmp_path / "cache" / FILE).write_bytes(tarball.read_bytes()[:50])
    assert fetch(tmp_path, tarball, f'cp "{tarball}" .').returncode == 0


def test_a_package_without_the_tarball_is_named(tmp_path, tarball):
    done = fetch(tmp_path, tarball, "touch other.tar.xz")
    assert done.returncode == 1
    assert done.stderr == f"error: llvm-toolchain-9 1:9.0.1-1 has no file {FILE}\n"


def test_a_release_without_the_advisors_tests_is_named(tmp_path, tarball):
    done = fetch(tmp_path, tarball, f'cp "{tarball}" .', LLVM_ADVISOR_TESTS="MLother")
    assert done.returncode == 1
    assert "error: LLVM 9.0.1 has no llvm/test/CodeGen/MLother" in done.stderr
