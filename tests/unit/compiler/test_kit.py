from __future__ import annotations

import stat
from pathlib import Path

import pytest

from regalloc.compiler.kit import Model, check_kit, link_tools
from regalloc.compiler.toolchain import Toolchain
from regalloc.errors import ToolchainError
from regalloc.releases import find_release

TOOLCHAIN = Toolchain(Path("/opt/llvm"), find_release(19), "19.1.7")
MODEL = Model(Path("/built/Policy.h"), Path("/built/Policy.o"), "Policy")


@pytest.fixture
def ninja(tmp_path, monkeypatch):
    """Return a function that puts a ninja of a few lines of shell on PATH."""

    def make(script: str) -> None:
        path = tmp_path / "bin" / "ninja"
        path.parent.mkdir()
        path.write_text(f"#!/bin/sh\n{script}\n")
        path.chmod(path.stat().st_mode | stat.S_IXUSR)
        monkeypatch.setenv("PATH", f"{path.parent}:/bin:/usr/bin")

    return make


def link(folder: Path, weights: Path | None = None) -> Path:
    return link_tools(
        Path("/opt/kit"),
        TOOLCHAIN,
        MODEL,
        weights=weights,
        headers=Path("/tf/include"),
        folder=folder,
    )


@pytest.mark.parametrize(
    ("there", "lacks"),
    [((), "no tools.o and no runtime.o"), (("tools.o",), "no runtime.o")],
)
def test_a_missing_kit_is_named(tmp_path, there, lacks):
    for name in there:
        (tmp_path / name).touch()
    with pytest.raises(ToolchainError) as caught:
        check_kit(tmp_path)
    assert caught.value.render() == (
        "error: there is nothing to link a release of\n"
        f"{tmp_path} has {lacks}\n"
        "what to do: build it: invoke build-kit"
    )


@pytest.mark.parametrize(
    ("weights", "line", "tools"),
    [
        (None, "weights = /dev/null", "tools"),
        (Path("/policy/weights.bin"), "weights = /policy/weights.bin", "searching-tools"),
    ],
)
def test_link_tools_tells_ninja_what_is_where(tmp_path, ninja, weights, line, tools):
    ninja('echo "$@" >"$2/argv"; touch "$2/tools"')
    folder = tmp_path / "a$b"
    folder.mkdir()
    assert link(folder, weights) == folder / tools
    assert (folder / "argv").read_text() == f"-C {folder} -f /opt/kit/release.ninja {tools}\n"
    assert (folder / "vars.ninja").read_text().splitlines() == [
        "bin = /opt/llvm/bin",
        "ours = /opt/kit",
        "tf = /tf/include",
        "header = /built/Policy.h",
        "object = /built/Policy.o",
        "class = llvm::Policy",
        line,
    ]


def test_a_failed_link_shows_the_end_of_its_output(tmp_path, ninja):
    ninja("for i in $(seq 30); do echo line $i; done; echo undefined symbol >&2; exit 1")
    with pytest.raises(ToolchainError) as caught:
        link(tmp_path)
    lines = caught.value.render().splitlines()
    assert lines[0] == "error: the policy cannot be linked into the tools"
    assert lines[1] == "line 12"
    assert lines[-2:] == ["undefined symbol", "what to do: build it: invoke build-kit"]


def test_a_missing_ninja_is_an_error(tmp_path, monkeypatch):
    monkeypatch.setenv("PATH", str(tmp_path))
    with pytest.raises(ToolchainError, match="ninja cannot be started"):
        link(tmp_path)
