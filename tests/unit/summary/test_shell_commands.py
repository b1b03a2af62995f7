import shlex
import subprocess
from pathlib import Path

import pytest

from regalloc.summary.shell_commands import container_place, local_place, show_spill_code
from tests.unit.compiler.fakes import make_remark

CMD = b'-cc1\0-O2\0-D\0NAME="a b"\0-o\0x.o\0'


@pytest.fixture
def corpus(tmp_path):
    (tmp_path / "lib").mkdir()
    (tmp_path / "lib" / "x.o.cmd").write_bytes(CMD)
    return tmp_path


def test_command_compiles_in_a_container_as_the_evaluation_did(corpus):
    place = container_place(
        "regalloc-trainer:1", Path("/r/corpus"), Path("/r/model"), "saved_policy"
    )
    command = show_spill_code(place, corpus, "lib/x.o", "_Zf")
    compile_part, filter_part = command.split(" | ")
    assert shlex.split(compile_part) == [
        "docker", "run", "--rm", "--network=none", "--volume=/r/corpus:/corpus:ro",
        "--volume=/r/model:/output_model:ro", "--entrypoint=/opt/llvm/bin/clang",
        "regalloc-trainer:1", "-cc1", "-O2",
        "-mllvm", "-regalloc-enable-advisor=development",
        "-mllvm", "-regalloc-training-log=/dev/null",
        "-mllvm", "-regalloc-model=/output_model/saved_policy",
        "-x", "ir", "/corpus/lib/x.o.bc", "-emit-obj", "-o", "/dev/null",
        "-opt-record-file", "-", "-opt-record-passes", "regalloc", "-opt-record-format", "yaml",
    ]  # fmt: skip
    assert shlex.split(filter_part)[:2] == ["sed", "-n"]


def test_command_of_the_local_engine_names_the_files_themselves(corpus):
    place = local_place(Path("/cache/llvm"), corpus, Path("/r/output_model/saved_policy"))
    argv = shlex.split(show_spill_code(place, corpus, "lib/x.o", "f"))
    assert argv[:2] == ["/cache/llvm/bin/clang", "-cc1"]
    assert f"{corpus}/lib/x.o.bc" in argv
    assert "-regalloc-model=/r/output_model/saved_policy" in argv


def test_a_module_that_is_gone_has_no_command(corpus):
    place = local_place(Path("/llvm"), corpus, Path("/p"))
    assert show_spill_code(place, corpus, "lib/y.o", "f") is None


@pytest.mark.parametrize("name", ["_ZN1aC2Ev", "f.cold", "op[]<int>$", "it's", "a/b\\c*^"])
def test_only_the_functions_remarks_are_shown(corpus, tmp_path, name):
    written = "'" + name.replace("'", "''") + "'" if name != "_ZN1aC2Ev" else name
    remarks = make_remark("other") + make_remark(written, spills=7) + make_remark("f_cold")
    place = local_place(Path("/llvm"), corpus, Path("/p"))
    shown = show_spill_code(place, corpus, "lib/x.o", name).split(" | ", 1)[1]
    run = subprocess.run(
        ["sh", "-c", shown], input=remarks, capture_output=True, text=True, check=True
    )
    assert "NumSpills:       '7'" in run.stdout
    assert run.stdout.count("Function:") == 1


def test_command_compiles_by_the_profile_that_the_corpus_holds(corpus):
    (corpus / "lib" / "x.o.cmd").write_bytes(CMD + b"-mllvm\0-regalloc-profile-use=profiles/1\0")
    place = container_place("image:1", Path("/r/corpus"), Path("/r/model"), "saved_policy")
    argv = shlex.split(show_spill_code(place, corpus, "lib/x.o", "f"))
    assert argv.count("-regalloc-profile-use=/corpus/profiles/1") == 1
    assert "-regalloc-profile-use=profiles/1" not in argv
