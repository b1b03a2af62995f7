import pytest

from regalloc.compiler.toolchain import BUILD_IMAGES, open_toolchain
from regalloc.errors import ToolchainError
from regalloc.releases import RELEASES, find_release
from tests.unit.compiler.fakes import make_toolchain


def make_clang(folder, script):
    clang = folder / "bin" / "clang"
    clang.parent.mkdir()
    clang.write_text(f"#!/bin/sh\n{script}\n")
    clang.chmod(0o755)
    return folder


@pytest.mark.parametrize("release", RELEASES, ids=lambda release: release.version)
def test_toolchain_knows_its_release(tmp_path, release):
    make_toolchain(tmp_path, major=release.major)
    toolchain = open_toolchain(tmp_path)
    assert (toolchain.release, toolchain.version) == (release, release.version)
    assert toolchain.description == f"fake clang version {release.version} (fake)"


@pytest.mark.parametrize(
    ("line", "major", "version"),
    [
        ("Debian clang version 19.1.7 (3~deb12u1)", 19, "19.1.7"),
        ("Ubuntu clang version 15.0.7", 15, "15.0.7"),
        ("clang version 19.1.0-rc3 (https://example.com 1234)", 19, "19.1.0"),
        ("clang version 15.0.0git", 15, "15.0.0"),
    ],
)
def test_version_is_found_in_what_vendors_write(tmp_path, line, major, version):
    toolchain = open_toolchain(make_clang(tmp_path, f"echo '{line}'; echo 'Target: any'"))
    assert (toolchain.release, toolchain.version) == (find_release(major), version)


def test_release_that_is_not_supported_names_those_that_are(tmp_path):
    with pytest.raises(ToolchainError) as caught:
        open_toolchain(make_clang(tmp_path, "echo 'Debian clang version 14.0.6'"))
    assert caught.value.render() == (
        "error: LLVM 14.0.6 is not supported\n"
        "Debian clang version 14.0.6\n"
        "what to do: use the clang of LLVM 15.0.6 or 19.1.7"
    )
    assert caught.value.exit_code == 20


@pytest.mark.parametrize(
    ("script", "brief", "details"),
    [
        ("echo broken >&2; exit 127", "clang does not run", "broken"),
        ("true", "clang does not run", ""),
        ("echo gcc 12", "clang does not tell its version", "gcc 12"),
    ],
)
def test_clang_that_does_not_answer_is_named(tmp_path, script, brief, details):
    with pytest.raises(ToolchainError) as caught:
        open_toolchain(make_clang(tmp_path, script))
    assert (caught.value.brief, caught.value.details) == (brief, details)


def test_missing_clang_is_named(tmp_path):
    with pytest.raises(ToolchainError) as caught:
        open_toolchain(tmp_path)
    assert caught.value.brief == "clang cannot be started"
    assert caught.value.details == f"{tmp_path}/bin/clang: No such file or directory"
    assert caught.value.resolution == BUILD_IMAGES
