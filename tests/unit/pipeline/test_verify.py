from __future__ import annotations

import json
from pathlib import Path

import pytest
from rich.console import Console

from regalloc.errors import VerifyError
from regalloc.images.files import Difference
from regalloc.images.tree import TREE, Target
from regalloc.pipeline.verify import Verdict, again, check_verdicts, stage_files, verdict_table

SAME = Verdict("image base", 3, ())
OTHER = Verdict("image llvm", 9, (Difference("opt/llvm/bin/clang", "sha256:a", "sha256:b"),))


def test_the_second_build_has_tags_and_parents_of_its_own():
    base, llvm = (again(Target(TREE[0], "1-b", (), None)),
                  again(Target(TREE[1], "1-l", (), "regalloc-base:1-b")))  # fmt: skip
    assert (base.reference, base.parent) == ("regalloc-base:1-b-second", None)
    assert llvm.parent == base.reference


def test_what_is_the_same_passes():
    check_verdicts([SAME], Path("/list"))


def test_the_first_difference_is_named_with_both_sides():
    with pytest.raises(VerifyError) as caught:
        check_verdicts([SAME, OTHER], Path("/list"))
    assert caught.value.brief == "image llvm is not reproducible: opt/llvm/bin/clang differs"
    assert caught.value.details == (
        "opt/llvm/bin/clang\n  first  sha256:a\n  second sha256:b\nall 1: /list"
    )
    assert caught.value.exit_code == 18


def test_the_table_counts_files_and_differences(capsys):
    Console(width=80).print(verdict_table([SAME, OTHER]))
    rows = [line.split() for line in capsys.readouterr().out.splitlines()]
    assert rows[-2:] == [["image", "base", "3", "0"], ["image", "llvm", "9", "1"]]


@pytest.mark.parametrize(
    ("stage", "name"), [("evaluation", "report.json"), ("programs", "programs.json")]
)
def test_only_the_times_of_a_report_are_left_out(tmp_path, stage, name):
    def files(wall_s: float, verdict: str) -> dict[str, str]:
        folder = tmp_path / str(wall_s) / stage
        folder.mkdir(parents=True)
        report = {"verdict": verdict, "times": {"stages_s": {"trace": wall_s}}}
        (folder / name).write_text(json.dumps(report))
        return stage_files(folder)

    assert files(1, "good") == files(2, "good")
    assert files(3, "bad") != files(4, "good")
