import pytest

from regalloc.compiler.toolchain import Toolchain, probe, version
from regalloc.errors import ToolchainError
from tests.unit.compiler.fakes import make_header, make_toolchain

UNKNOWN = "echo \"clang: Unknown command line argument '-regalloc-training-log'\" >&2; exit 1"
BUILD = "build the llvm image, or give --toolchain the folder of a clang with the ML hooks"


def test_version_is_the_compilers_first_line(tmp_path):
    assert version(make_toolchain(tmp_path)) == "fake clang version 19"


def test_probe_accepts_a_compiler_that_logs(tmp_path):
    probe(make_toolchain(tmp_path))


@pytest.mark.parametrize(
    ("script", "brief"),
    [
        (UNKNOWN, "clang lacks the ML hooks"),
        ("true", "clang's eviction advisor logs nothing"),
        ("exit 4", "clang failed on the probe with exit code 4"),
        ("echo x >$log", "clang's training log cannot be read"),
    ],
)
def test_probe_names_what_is_wrong(tmp_path, script, brief):
    with pytest.raises(ToolchainError) as caught:
        probe(make_toolchain(tmp_path, script))
    assert (caught.value.brief, caught.value.resolution) == (brief, BUILD)
    assert caught.value.exit_code == 20


def test_probe_accepts_no_log_without_decisions(tmp_path):
    (tmp_path / "header").write_bytes(make_header())
    with pytest.raises(ToolchainError, match="logs nothing"):
        probe(make_toolchain(tmp_path / "llvm", f"cp {tmp_path}/header $log"))


@pytest.mark.parametrize("ask", [probe, version])
def test_missing_clang_is_named(tmp_path, ask):
    with pytest.raises(ToolchainError) as caught:
        ask(Toolchain(tmp_path))
    assert caught.value.brief == "clang cannot be started"
    assert caught.value.details == f"{tmp_path}/bin/clang: No such file or directory"
