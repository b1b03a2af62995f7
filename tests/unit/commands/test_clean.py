from __future__ import annotations

import os
from dataclasses import replace
from pathlib import Path

import pytest

from regalloc.commands.clean import clean_up, image_names
from regalloc.commands.machine import exclusive
from regalloc.commands.options import Options
from regalloc.errors import StageError
from regalloc.images.tree import MATERIALS, TREE
from regalloc.pipeline.execute import execute
from regalloc.pipeline.found import look_around
from regalloc.pipeline.manifest import write_started
from regalloc.pipeline.plan import plan
from regalloc.pipeline.step import resolve
from regalloc.stages.table import STAGES


def test_every_image_goes_before_what_it_is_built_on():
    names = image_names()
    assert sorted(names) == sorted(["release", *(image.name for image in (*TREE, *MATERIALS))])
    for image in (*TREE, *MATERIALS):
        assert image.parent is None or names.index(image.name) < names.index(image.parent)
        assert names.index("release") < names.index(image.name)


@pytest.fixture
def options(tmp_path: Path) -> Options:
    return Options(run=str(tmp_path / "run"), engine="local")


def test_clean_removes_what_stages_began_and_names_the_rest(options, run, capsys, tmp_path):
    run = replace(run, folder=options.folder)
    wanted = [stage.name for stage in STAGES if not stage.times_machine]
    found = look_around(run.folder, run.wish.targets, run.engine)
    execute(plan(resolve(wanted, run.wish), run.wish.targets, found), run)
    for name in ("report.html", ".lock", "notes.txt"):
        (run.folder / name).write_text("x")
    (run.folder / "corpus.old").mkdir()
    (run.folder / "bench").mkdir()
    (run.folder / "bench" / "mine").write_text("x")
    clean_up(options, images=False, cache=False)
    assert sorted(os.listdir(run.folder)) == ["bench", "corpus.old", "notes.txt"]
    said = capsys.readouterr().out.splitlines()
    assert f"==> removed {run.folder}/vocab" in said
    assert said[-3:] == [
        f"==> left {run.folder}/{name}: no stage made it"
        for name in ("bench", "corpus.old", "notes.txt")
    ]
    clean_up(options, images=False, cache=False)
    assert sorted(os.listdir(run.folder)) == ["bench", "corpus.old", "notes.txt"]


def test_clean_leaves_a_folder_that_was_never_a_run(options, capsys):
    folder = options.folder
    for name in ("release", "programs", "corpus.old"):
        (folder / name).mkdir(parents=True)
        (folder / name / "mine").write_text("precious")
    clean_up(options, images=False, cache=False)
    assert len(list(folder.rglob("mine"))) == 3
    assert capsys.readouterr().out == (f"==> left {folder}: there are no records of stages in it\n")


def test_clean_leaves_a_run_that_is_at_work(options):
    write_started(options.folder / "vocab", "k")
    (options.folder / "vocab").mkdir()
    with exclusive(options.folder), pytest.raises(StageError, match="another run is at work"):
        clean_up(options, images=False, cache=False)
    assert (options.folder / "vocab").exists()
