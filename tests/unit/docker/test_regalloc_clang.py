from __future__ import annotations

import subprocess
from pathlib import Path

import pytest

CHECKOUT = Path(__file__).resolve().parents[3]
RUNTIME = "libclang_rt.regalloc_profile-x86_64.a"
SWITCH, PROFILED_SWITCH = "-regalloc-search=8", "-regalloc-search=24"
ADVISOR, PROFILED_ADVISOR = ("-mllvm", SWITCH), ("-mllvm", PROFILED_SWITCH)
LINKER_ADVISOR = ("-Xlinker", "-mllvm", "-Xlinker", SWITCH)
QUIET, LOUD = "--start-no-unused-arguments", "--end-no-unused-arguments"


@pytest.fixture
def release(tmp_path: Path) -> Path:
    """A release whose clang prints its name and its arguments, one a line."""
    folder = tmp_path / "a release"
    (folder / "bin").mkdir(parents=True)
    wrapper = folder / "bin" / "regalloc-clang"
    text = (CHECKOUT / "docker/kit/share/regalloc-clang").read_text()
    for name, value in (("SWITCH", SWITCH), ("PROFILED_SWITCH", PROFILED_SWITCH)):
        assert text.count(f"@{name}@") == 1
        text = text.replace(f"@{name}@", value)
    wrapper.write_text(text)
    wrapper.chmod(0o755)
    (folder / "bin" / "regalloc-clang++").symlink_to(wrapper.name)
    for name in ("clang", "clang++"):
        clang = folder / "bin" / name
        clang.write_text('#!/bin/sh\nprintf "%s\\n" "${0##*/}" "$@"\n')
        clang.chmod(0o755)
    runtime = folder / "lib/clang/19/lib/linux" / RUNTIME
    runtime.parent.mkdir(parents=True)
    runtime.touch()
    return folder


def call(release: Path, *argv: str, name: str = "regalloc-clang") -> list[str]:
    run = subprocess.run(
        (release / "bin" / name, *argv), capture_output=True, text=True, check=True
    )
    return run.stdout.replace(f"{release}/bin/../", "").splitlines()


def test_a_compile_has_the_policy_switched_on(release: Path):
    assert call(release, "-c", "a b.c", name="regalloc-clang++") == [
        "clang++", "-c", "a b.c", QUIET, *ADVISOR, LOUD,
    ]  # fmt: skip


def test_a_linker_that_generates_code_has_the_policy_too(release: Path):
    assert call(release, "-flto=thin", "a.o") == [
        "clang", "-flto=thin", "a.o", QUIET, "-fuse-ld=lld", *ADVISOR, *LINKER_ADVISOR, LOUD,
    ]  # fmt: skip


def test_another_linker_is_told_nothing(release: Path):
    assert call(release, "-flto", "-fuse-ld=bfd", "a.o") == [
        "clang", "-flto", "-fuse-ld=bfd", "a.o", QUIET, *ADVISOR, LOUD,
    ]  # fmt: skip


@pytest.mark.parametrize(
    ("option", "switch"),
    [("-regalloc-profile-generate", ()), ("-regalloc-profile-use=a, b", PROFILED_ADVISOR)],
)
def test_a_compile_draws_more_by_a_profile_and_does_not_search_when_it_counts(
    release: Path, option: str, switch: tuple[str, ...]
):
    assert call(release, "-O2", option, "-c", "a.c") == [
        "clang", "-O2", "-c", "a.c", QUIET, *switch, "-mllvm", option, LOUD,
    ]  # fmt: skip


def test_a_linker_that_generates_code_by_a_profile_draws_as_often(release: Path):
    assert call(release, "-flto", "-regalloc-profile-use=p", "a.o") == [
        "clang", "-flto", "a.o", QUIET, "-fuse-ld=lld", *PROFILED_ADVISOR,
        "-Xlinker", "-mllvm", "-Xlinker", PROFILED_SWITCH, "-mllvm", "-regalloc-profile-use=p",
        "-Xlinker", "-mllvm", "-Xlinker", "-regalloc-profile-use=p", LOUD,
    ]  # fmt: skip


@pytest.mark.parametrize("option", ["-regalloc-search=24", "-regalloc-search=0"])
def test_a_search_of_the_callers_wins(release: Path, option: str):
    assert call(release, "-mllvm", option, "-c", "a.c") == [
        "clang", "-mllvm", option, "-c", "a.c", QUIET, LOUD,
    ]  # fmt: skip
    assert call(release, "-regalloc-profile-use=p", "-mllvm", option, "-c", "a.c") == [
        "clang", "-mllvm", option, "-c", "a.c", QUIET, "-mllvm", "-regalloc-profile-use=p", LOUD,
    ]  # fmt: skip


def test_a_link_of_a_counting_program_has_the_runtime(release: Path):
    assert call(release, "-regalloc-profile-generate=x.profraw", "a.o") == [
        "clang", "a.o", QUIET, "-mllvm", "-regalloc-profile-generate=x.profraw",
        "-Xlinker", f"lib/clang/19/lib/linux/{RUNTIME}", LOUD,
    ]  # fmt: skip


def test_a_linker_that_generates_counting_code_has_the_runtime_first(release: Path):
    assert call(release, "-flto", "-regalloc-profile-generate", "a.o") == [
        "clang", "-flto", "a.o", QUIET, "-fuse-ld=lld", "-mllvm", "-regalloc-profile-generate",
        "-Xlinker", "-mllvm", "-Xlinker", "-regalloc-profile-generate",
        "-Xlinker", "-u", "-Xlinker", "__llvm_profile_runtime",
        "-Xlinker", f"lib/clang/19/lib/linux/{RUNTIME}", LOUD,
    ]  # fmt: skip


def test_an_advisor_of_the_callers_wins_and_a_profile_is_used_all_the_same(release: Path):
    advisor = ("-mllvm", "-regalloc-enable-advisor=default")
    assert call(release, *advisor, "-regalloc-profile-use=p", "-c", "a.c") == [
        "clang", *advisor, "-c", "a.c", QUIET, "-mllvm", "-regalloc-profile-use=p", LOUD,
    ]  # fmt: skip


def test_an_option_of_llvms_stays_where_it_is(release: Path):
    assert call(release, "-mllvm", "-regalloc-profile-use=p", "-c", "a.c") == [
        "clang", "-mllvm", "-regalloc-profile-use=p", "-c", "a.c", QUIET, *ADVISOR, LOUD,
    ]  # fmt: skip


def test_clang_without_its_driver_is_told_the_same(release: Path):
    assert call(release, "-cc1", "-regalloc-profile-use=p", "a.c") == [
        "clang", "-cc1", "a.c", *PROFILED_ADVISOR, "-mllvm", "-regalloc-profile-use=p",
    ]  # fmt: skip
