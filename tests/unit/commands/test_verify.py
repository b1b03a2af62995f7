from __future__ import annotations

import json
from pathlib import Path

import pytest
from rich.console import Console

from regalloc.commands.machine import CHECKOUT
from regalloc.commands.verify import Scope, again
from regalloc.engine.command import ImageRef
from regalloc.errors import ConfigError, VerifyError
from regalloc.images.file_hashes import Difference
from regalloc.images.tags import Target, resolve_targets
from regalloc.images.tree import TREE
from regalloc.pipeline.reproduction import Reproduction, check_reproductions, compare_stages
from regalloc.profiles import load_profile
from regalloc.terminal.reproduction_table import reproduction_table

SAME = Reproduction("image base", 3, ())
OTHER = Reproduction("image llvm", 9, (Difference("opt/llvm/bin/clang", "sha256:a", "sha256:b"),))


def test_the_second_build_has_tags_and_parents_of_its_own():
    base, llvm = (again(Target(TREE[0], "1-b", (), None)),
                  again(Target(TREE[1], "1-l", (), ImageRef("base", "1-b"))))  # fmt: skip
    assert (base.reference, base.parent) == ("regalloc-base:1-b-second", None)
    assert llvm.parent == base.ref


def test_the_second_build_is_made_of_materials_of_its_own():
    targets = resolve_targets(CHECKOUT, load_profile("tiny"), {})
    kit = again(targets["kit"])
    assert kit.parent == again(targets["trainer"]).ref
    source, stock = kit.materials
    assert (source.name, source.parent) == ("source", again(targets["base"]).ref)
    assert (
        dict(kit.args)["SOURCE"]
        == source.reference
        == f"{targets['kit'].materials[0].reference}-second"
    )
    assert dict(kit.args)["STOCK"] == stock.reference


@pytest.mark.parametrize(
    ("scope", "names"),
    [
        (Scope(), ["base", "llvm", "trainer", "corpus", "kit", "programs", "cluster", "bench"]),
        (Scope(images=("trainer",)), ["base", "llvm", "trainer"]),
        (Scope(images=("corpus", "base")), ["base", "llvm", "corpus"]),
        (Scope(images=("kit",)), ["base", "llvm", "trainer", "kit"]),
        (Scope(build=False), []),
    ],
)
def test_an_image_is_built_again_with_what_it_is_built_from(scope, names):
    targets = resolve_targets(CHECKOUT, load_profile("tiny"), {})
    assert list(scope.build_again(targets)) == names


def test_an_image_that_is_not_in_the_tree_is_refused_with_those_that_are():
    targets = resolve_targets(CHECKOUT, load_profile("tiny"), {})
    with pytest.raises(ConfigError) as caught:
        Scope(images=("lvm",)).choose(targets)
    assert caught.value.brief == "there is no image 'lvm'"
    assert (
        caught.value.resolution == "use base, llvm, trainer, corpus, kit, programs, cluster, bench"
    )


def test_what_is_the_same_passes():
    check_reproductions([SAME], Path("/list"))


def test_the_first_difference_is_named_with_both_sides():
    with pytest.raises(VerifyError) as caught:
        check_reproductions([SAME, OTHER], Path("/list"))
    assert caught.value.brief == "image llvm is not reproducible: opt/llvm/bin/clang differs"
    assert caught.value.details == (
        "opt/llvm/bin/clang\n  first  sha256:a\n  second sha256:b\nall 1: /list"
    )
    assert caught.value.exit_code == 18


def test_the_table_counts_files_and_differences(capsys):
    Console(width=80).print(reproduction_table([SAME, OTHER]))
    rows = [line.split() for line in capsys.readouterr().out.splitlines()]
    assert rows[-2:] == [["image", "base", "3", "0"], ["image", "llvm", "9", "1"]]


@pytest.mark.parametrize(
    ("stage", "name"), [("evaluation", "report.json"), ("programs", "programs.json")]
)
def test_of_a_report_the_values_are_named_and_times_left_out(tmp_path, stage, name):
    def write(place: str, wall_s: float, verdict: str) -> Path:
        folder = tmp_path / place / stage
        folder.mkdir(parents=True)
        rows = [{"score": 1.5, "of": []}, {"score": 2.5, "of": {}}]
        report = {"verdict": verdict, "rows": rows, "times": {"stages_s": {"trace": wall_s}}}
        (folder / name).write_text(json.dumps(report))
        return folder

    one, other = write("1", 1, "good"), write("2", 2, "good")
    assert list(compare_stages(one, other)) == []
    worse = write("3", 1, "bad")
    (worse / "more").write_text("")
    found = [(d.path, d.first, d.second) for d in compare_stages(one, worse)]
    assert found[0] == (f"{name} verdict", '"good"', '"bad"')
    assert [path for path, *_ in found[1:]] == ["more"]
    (other / name).unlink()
    assert [(d.path, d.second) for d in compare_stages(one, other)] == [(name, "missing")]
