import errno
import tempfile
import time
from dataclasses import replace
from hashlib import sha256
from pathlib import Path

import pytest

from regalloc.compiler import processes
from regalloc.compiler.runner import compile_module
from regalloc.compiler.toolchain import Toolchain
from regalloc.errors import DiskError, ToolchainError
from regalloc.formats.compile_results import Compiled, Failed
from regalloc.formats.corpus import Module
from regalloc.formats.generated_code import GeneratedCode
from regalloc.formats.remarks import SpillCode
from regalloc.releases import RELEASES, find_release
from tests.unit.compiler.fakes import (
    LIMITS,
    flatten,
    logging_module,
    make_episode,
    make_log,
    make_module,
    make_object,
    make_remark,
    make_toolchain,
)


@pytest.fixture
def toolchain(tmp_path):
    return make_toolchain(tmp_path / "llvm")


@pytest.fixture(autouse=True)
def temporary(tmp_path, monkeypatch):
    folder = tmp_path / "tmp"
    folder.mkdir()
    monkeypatch.setattr(tempfile, "tempdir", str(folder))
    yield folder
    assert list(folder.iterdir()) == []


def compile_script(toolchain, tmp_path, script, limits=LIMITS):
    return compile_module(toolchain, make_module(tmp_path, "m", script), None, limits)


@pytest.mark.parametrize("release", RELEASES, ids=lambda release: release.version)
def test_compile_gives_episodes_and_times(tmp_path, release):
    toolchain = make_toolchain(tmp_path / "llvm", major=release.major)
    episodes = [make_episode("f", 3), make_episode("g", 1)]
    module = logging_module(tmp_path, "m", episodes, release.log_format)
    result = compile_module(toolchain, module, None, LIMITS)
    assert isinstance(result, Compiled)
    assert (result.module, flatten(result.episodes)) == ("m", flatten(episodes))
    assert result.user_s >= 0
    assert result.code is None
    assert 0 < result.wall_s < LIMITS.wall_s


def test_code_is_measured_where_that_is_asked_for(toolchain, tmp_path):
    (tmp_path / "object").write_bytes(make_object([100, 28]))
    (tmp_path / "yaml").write_text(make_remark("f", spills=2, reloads=3))
    script = f"cp {tmp_path}/object $object; cp {tmp_path}/yaml $remarks"
    module = make_module(tmp_path, "m", script)
    result = compile_module(toolchain, module, None, LIMITS, measure_code=True)
    assert isinstance(result, Compiled)
    digest = sha256((tmp_path / "object").read_bytes()).hexdigest()
    assert result.code == GeneratedCode(128, digest, {"f": SpillCode(spills=2, reloads=3)})


@pytest.mark.parametrize(
    ("script", "detail"),
    [
        ("echo no >$object", "it is truncated"),
        ("rm $object", "object was not written"),
        ("rm $remarks", "remarks was not written"),
    ],
)
def test_code_that_cannot_be_read_is_a_failure(toolchain, tmp_path, script, detail):
    module = make_module(tmp_path, "m", script)
    result = compile_module(toolchain, module, None, LIMITS, measure_code=True)
    assert isinstance(result, Failed)
    assert result.kind == "bad_code"
    assert result.detail.startswith(detail)


def test_compile_hands_over_the_policy(toolchain, tmp_path):
    module = make_module(tmp_path, "m", 'echo "$policy" >&2; exit 1')
    result = compile_module(toolchain, module, Path("/policies/7"), LIMITS)
    assert result == Failed("m", "exit", "exit code 1\n/policies/7")


@pytest.mark.parametrize("script", ["true", ": >$log", "head -n1 {log} >$log"])
def test_compile_without_a_decision_is_no_failure(toolchain, tmp_path, script):
    (tmp_path / "full.log").write_bytes(make_log([make_episode("f", 1)]))
    result = compile_script(toolchain, tmp_path, script.format(log=tmp_path / "full.log"))
    assert isinstance(result, Compiled)
    assert result.episodes == ()


@pytest.mark.parametrize(
    ("script", "failed"),
    [
        ("echo a >&2; echo b >&2; exit 3", Failed("m", "exit", "exit code 3\na\nb")),
        ("kill -SEGV $$", Failed("m", "signal", "SIGSEGV")),
        ("echo 'error: Error evaluating model.' >&2; echo Stack dump: >&2; kill -SEGV $$",
         Failed("m", "bad_policy", "error: Error evaluating model.")),
        ("echo 'error: regalloc policy: there is no model in /p' >&2; exit 1",
         Failed("m", "bad_policy", "error: regalloc policy: there is no model in /p")),
        ("echo \"error: can't skip to bit 9 from 3\" >&2; exit 1",
         Failed("m", "bad_module", "error: can't skip to bit 9 from 3")),
        ("kill -KILL $$", Failed("m", "out_of_memory", "limit 2048 MiB")),
        ("echo 'LLVM ERROR: out of memory' >&2; kill -ABRT $$",
         Failed("m", "out_of_memory", "limit 2048 MiB\nLLVM ERROR: out of memory")),
        ("kill -XFSZ $$", Failed("m", "signal", "SIGXFSZ: the training log grew too long")),
        ("kill -XCPU $$", Failed("m", "timeout", "no end after 20 s")),
        ("echo x >$log",
         Failed("m", "bad_log", "the training log is damaged: no JSON at byte 0: b'x'")),
    ],
)  # fmt: skip
def test_failure_is_named(toolchain, tmp_path, script, failed):
    assert compile_script(toolchain, tmp_path, script) == failed


def test_policy_that_decides_what_is_not_legal_is_a_bad_policy(toolchain, tmp_path):
    episode = make_episode("f", 2)
    episode.observations["mask"][1, 0, episode.actions[1]] = 0
    module = logging_module(tmp_path, "m", [episode])
    result = compile_module(toolchain, module, tmp_path / "policy", LIMITS)
    detail = f"it chose position {episode.actions[1]} in f, which is not legal"
    assert result == Failed("m", "bad_policy", detail)


def test_truncated_log_is_a_bad_log(toolchain, tmp_path):
    (tmp_path / "cut.log").write_bytes(make_log([make_episode("f", 2)])[:-3])
    result = compile_script(toolchain, tmp_path, f"cp {tmp_path}/cut.log $log")
    assert isinstance(result, Failed)
    assert result.kind == "bad_log"
    assert result.detail.startswith("the training log is truncated: 4 bytes expected")


def test_hanging_compile_is_killed_with_its_children(toolchain, tmp_path):
    script = f"(sleep 0.7; echo survived >{tmp_path}/child) & sleep 60"
    start = time.monotonic()
    result = compile_script(toolchain, tmp_path, script, replace(LIMITS, wall_s=0.3))
    assert result == Failed("m", "timeout", "no end after 0.3 s")
    assert time.monotonic() - start < 5
    time.sleep(0.8)
    assert not (tmp_path / "child").exists()


def test_endless_log_is_stopped(toolchain, tmp_path, monkeypatch):
    monkeypatch.setattr(processes, "MAX_FILE_BYTES", 65536)
    # The limits are set from outside, a moment after the start.
    script = "sleep 0.2; exec head -c 1000000 /dev/zero >$log"
    result = compile_script(toolchain, tmp_path, script)
    assert result == Failed("m", "signal", "SIGXFSZ: the training log grew too long")


def test_memory_limit_reaches_the_compiler(toolchain, tmp_path):
    result = compile_script(toolchain, tmp_path, "sleep 0.2; ulimit -v >&2; ulimit -c >&2; exit 1")
    assert result == Failed("m", "exit", "exit code 1\n2097152\n0")


@pytest.mark.parametrize(
    ("content", "detail"),
    [(b"garbage", "does not begin as bitcode does"), (None, "No such file or directory")],
)
def test_corrupt_bitcode_is_a_bad_module(toolchain, tmp_path, content, detail):
    path = tmp_path / "m.bc"
    if content is not None:
        path.write_bytes(content)
    result = compile_module(toolchain, Module("m", path, ("-cc1",), False), None, LIMITS)
    assert isinstance(result, Failed)
    assert result.kind == "bad_module"
    assert detail in result.detail


def test_a_name_that_is_not_utf8_reaches_the_compiler(tmp_path):
    clang = tmp_path / "bin" / "clang"
    clang.parent.mkdir()
    script = "for arg; do case $arg in *.bc) name=${arg##*/} ;; esac; done"
    clang.write_text(f"#!/bin/sh\n{script}\nprintf '%s' \"$name\" | od -An -tx1 >&2; exit 1\n")
    clang.chmod(0o755)
    module = make_module(tmp_path, "caf\udce9", "")
    result = compile_module(Toolchain(tmp_path, find_release(19)), module, None, LIMITS)
    assert result == Failed("caf\udce9", "exit", "exit code 1\n63 61 66 e9 2e 62 63")


def test_full_disk_in_the_compiler_is_a_disk_error(toolchain, tmp_path):
    with pytest.raises(DiskError) as caught:
        compile_script(toolchain, tmp_path, "echo 'log: No space left on device' >&2; exit 1")
    assert caught.value.brief == "the disk is full"
    assert caught.value.exit_code == 15


def test_full_disk_before_the_compile_is_a_disk_error(toolchain, tmp_path, monkeypatch):
    def fail(**_kwargs):
        raise OSError(errno.ENOSPC, "No space left on device")

    monkeypatch.setattr(tempfile, "TemporaryDirectory", fail)
    with pytest.raises(DiskError, match="the disk is full"):
        compile_script(toolchain, tmp_path, "true")


def test_missing_clang_is_a_toolchain_error(tmp_path):
    with pytest.raises(ToolchainError) as caught:
        compile_script(Toolchain(tmp_path / "none", find_release(19)), tmp_path, "true")
    assert caught.value.details == f"{tmp_path}/none/bin/clang: No such file or directory"


def test_relative_paths_are_those_of_the_caller(toolchain, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    module = replace(make_module(tmp_path, "m", 'echo "$policy" >&2; exit 1'), bitcode=Path("m.bc"))
    result = compile_module(replace(toolchain, path=Path("llvm")), module, Path("p"), LIMITS)
    assert result == Failed("m", "exit", f"exit code 1\n{tmp_path}/p")
