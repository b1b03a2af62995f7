import dataclasses

import numpy as np
import pytest

from regalloc.compiler.probe import probe, probe_policy
from regalloc.compiler.toolchain import BUILD_IMAGES, Toolchain
from regalloc.errors import PolicyError, ToolchainError
from regalloc.releases import RELEASES, find_release
from tests.unit.compiler.fakes import make_episode, make_header, make_log, make_toolchain

UNKNOWN = "echo \"clang: Unknown command line argument '-regalloc-training-log'\" >&2; exit 1"
# What LLVM 15 does about a folder without a model.
NO_MODEL = """
echo "error: Could not load the policy model from the provided path" >&2
echo "error: Regalloc: could not set up the model runner" >&2
echo "Stack dump:" >&2
kill -SEGV $$
"""
REFUSED = "echo 'error: regalloc policy: there is no model in /p' >&2; exit 1"


@pytest.mark.parametrize("release", RELEASES, ids=lambda release: release.version)
def test_probe_accepts_a_compiler_that_logs(tmp_path, release):
    probe(make_toolchain(tmp_path, major=release.major))


@pytest.mark.parametrize(
    ("script", "brief"),
    [
        (UNKNOWN, "clang lacks the ML hooks"),
        ("true", "clang's eviction advisor logs nothing"),
        ("exit 4", "clang failed on the probe with exit code 4"),
        ("kill -ILL $$", "clang failed on the probe with signal SIGILL"),
        ("echo x >$log", "clang's training log cannot be read"),
    ],
)
def test_probe_names_what_is_wrong(tmp_path, script, brief):
    with pytest.raises(ToolchainError) as caught:
        probe(make_toolchain(tmp_path, script))
    assert (caught.value.brief, caught.value.resolution) == (brief, BUILD_IMAGES)
    assert caught.value.exit_code == 20


def test_probe_accepts_no_log_without_decisions(tmp_path):
    (tmp_path / "header").write_bytes(make_header())
    with pytest.raises(ToolchainError, match="logs nothing"):
        probe(make_toolchain(tmp_path / "llvm", f"cp {tmp_path}/header $log"))


def test_probe_accepts_no_log_of_another_release(tmp_path):
    toolchain = make_toolchain(tmp_path, major=15)
    with pytest.raises(ToolchainError, match="training log cannot be read"):
        probe(dataclasses.replace(toolchain, release=find_release(19)))


def test_probe_names_a_missing_clang(tmp_path):
    with pytest.raises(ToolchainError) as caught:
        probe(Toolchain(tmp_path, find_release(19)))
    assert caught.value.brief == "clang cannot be started"


def test_policy_that_decides_is_accepted(tmp_path):
    probe_policy(make_toolchain(tmp_path), tmp_path / "policy")


def test_policy_is_handed_to_the_compiler(tmp_path):
    with pytest.raises(PolicyError) as caught:
        probe_policy(make_toolchain(tmp_path, 'echo "$policy" >&2; exit 3'), tmp_path / "policy")
    assert caught.value.details == f"exit code 3\n{tmp_path}/policy"


@pytest.mark.parametrize(
    ("script", "details"),
    [
        (NO_MODEL,
         "error: Could not load the policy model from the provided path\n"
         "error: Regalloc: could not set up the model runner"),
        ("echo Stack dump: >&2; kill -SEGV $$", "signal SIGSEGV\nStack dump:"),
        (REFUSED, "error: regalloc policy: there is no model in /p"),
    ],
)  # fmt: skip
def test_policy_the_compiler_cannot_use_is_one_clear_error(tmp_path, script, details):
    with pytest.raises(PolicyError) as caught:
        probe_policy(make_toolchain(tmp_path, script), tmp_path / "policy")
    assert caught.value.brief == f"the compiler cannot use the policy in {tmp_path}/policy"
    assert caught.value.details == details
    assert caught.value.exit_code == 25


def test_policy_that_decides_what_is_not_legal_is_refused(tmp_path):
    episode = dataclasses.replace(make_episode("probe", 2), actions=np.array([0, 33]))
    episode.observations["mask"][:] = 1
    (tmp_path / "log").write_bytes(make_log([episode]))
    toolchain = make_toolchain(tmp_path / "llvm", f"cp {tmp_path}/log $log")
    with pytest.raises(PolicyError) as caught:
        probe_policy(toolchain, tmp_path / "policy")
    assert caught.value.details == "it chose position 33, which the mask excludes"
