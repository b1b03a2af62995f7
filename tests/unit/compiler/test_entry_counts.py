from pathlib import Path

import pytest

from regalloc.compiler import entry_counts
from regalloc.compiler.entry_counts import find_entries, parse_counts, read_counts, write_counts
from regalloc.errors import CorpusError
from tests.unit.compiler.fakes import MAGIC, make_toolchain

USE = "-fprofile-instrument-use-path=/corpus.profdata"
TEXT = """\
source_filename = "a.c"
@table = constant [2 x ptr] [ptr @_Z1fv, ptr null], !prof !9

define dso_local i32 @_Z1fv(i32 noundef %0) local_unnamed_addr #0 personality ptr @p !prof !38 {
  br i1 %1, label %2, label %3, !prof !40
}

define linkonce_odr void @"odd name\\22"(ptr align 8 %0) #1 comdat !prof !39 !dbg !3 {
}

define internal fastcc void @cold() unnamed_addr #2 !prof !41 {
}

define void @no_profile() {
}

define available_externally void @twice() !prof !38 {
}

declare void @elsewhere(i32) !prof !38
!38 = !{!"function_entry_count", i64 2000}
!39 = !{!"function_entry_count", i64 9223372036854775807, i64 7}
!40 = !{!"branch_weights", i32 5, i32 6}
!41 = !{!"function_entry_count", i64 0}
"""


def test_counts_are_those_of_the_functions_that_were_entered():
    assert parse_counts(TEXT.splitlines()) == {
        "_Z1fv": 2000, 'odd name"': 2**63 - 1, "twice": 2000,
    }  # fmt: skip


def test_a_count_that_is_none_is_left_out():
    lines = ["define void @f() !prof !0 {", '!0 = !{!"function_entry_count", i64 -1}']
    assert parse_counts(lines) == {}


def test_a_module_without_a_profile_has_no_counts(tmp_path):
    toolchain = make_toolchain(tmp_path / "llvm")
    assert find_entries(toolchain, tmp_path / "a.bc", ("-cc1", "-O2")) is None


def test_a_module_is_optimised_as_it_was_and_its_counts_read(tmp_path):
    toolchain = make_toolchain(tmp_path / "llvm")
    (tmp_path / "text.txt").write_text(TEXT)
    bitcode = tmp_path / "a.bc"
    script = f'echo "$*" >{tmp_path}/argv; cat {tmp_path}/text.txt # ProfileSummary'
    bitcode.write_bytes(MAGIC + script.encode())
    assert find_entries(toolchain, bitcode, ("-cc1", "-O2", USE, "-emit-obj"))["twice"] == 2000
    argv = (tmp_path / "argv").read_text().split()
    assert argv == ["-cc1", "-O2", "-emit-llvm", "-x", "ir", str(bitcode), "-o", "-"]


def test_a_profile_of_the_middle_end_is_not_in_the_bitcode(tmp_path):
    toolchain = make_toolchain(tmp_path / "llvm")
    bitcode = tmp_path / "a.bc"
    bitcode.write_bytes(MAGIC + b"exit 1")
    assert find_entries(toolchain, bitcode, ("-cc1", USE)) == "profile is not in its bitcode"


@pytest.mark.parametrize(
    ("script", "timeout_s", "reason"),
    [("echo broken >&2; exit 3", 20.0, "broken"), ("sleep 9", 0.1, "timed out")],
)
def test_a_module_that_cannot_be_optimised_is_named(
    tmp_path, monkeypatch, script, timeout_s, reason
):
    monkeypatch.setattr(entry_counts, "_TIMEOUT_S", timeout_s)
    toolchain = make_toolchain(tmp_path / "llvm")
    bitcode = tmp_path / "a.bc"
    bitcode.write_bytes(MAGIC + f"{script} # ProfileSummary".encode())
    with pytest.raises(CorpusError) as caught:
        find_entries(toolchain, bitcode, ("-cc1", USE))
    assert caught.value.brief == "a module's entry counts cannot be read"
    assert str(bitcode) in caught.value.details
    assert reason in caught.value.details


def test_counts_are_read_as_they_were_written(tmp_path):
    counts = {"a.o": {"f": 3, "caf\udce9": 2**63}, "b.o": {}}
    write_counts(counts, tmp_path / "counts.json")
    assert read_counts(tmp_path / "counts.json") == counts
    assert read_counts(tmp_path / "none.json") is None


@pytest.mark.parametrize("text", ["", "[]", '{"a": 3}', '{"a": {"f": "x"}}', '{"a": {"f": null}}'])
def test_damaged_counts_are_refused(tmp_path, text):
    path = tmp_path / "counts.json"
    path.write_text(text)
    with pytest.raises(CorpusError, match="the entry counts cannot be read"):
        read_counts(path)


def test_counts_of_generated_code_are_read_in_front_of_its_machine_code():
    printed = ["--- |", *(f"  {line}".rstrip() for line in TEXT.splitlines()), "...", "---"]
    assert parse_counts(printed) == parse_counts(TEXT.splitlines())


@pytest.mark.parametrize(
    ("text", "found"), [(TEXT, parse_counts(TEXT.splitlines())), ("", "never executed")]
)
def test_a_profile_of_generated_code_is_asked_where_code_generation_begins(tmp_path, text, found):
    toolchain = make_toolchain(tmp_path / "llvm")
    (tmp_path / "text").write_text(text)
    script = f"""#!/bin/sh
case "$*" in
  *"-mllvm -regalloc-profile-use=/p.profdata -S -mllvm -stop-after=regalloc-profile -x ir"*)
    cat {tmp_path}/text ;;
  *) echo "$*" >&2; exit 1 ;;
esac
"""
    toolchain.clang.write_text(script)
    assert find_entries(toolchain, tmp_path / "a.bc", ("-cc1",), Path("/p.profdata")) == found
