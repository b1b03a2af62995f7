from __future__ import annotations

import pytest

from regalloc.commands import make, preparation
from regalloc.commands.backend import Backend
from regalloc.commands.machine import exclusive
from regalloc.commands.make import build_images, release, run_stages
from regalloc.commands.options import Options
from regalloc.commands.preparation import prepare
from regalloc.errors import StageError
from regalloc.pipeline.manifest import read_exported
from tests.unit.images.stores import FakeStore


@pytest.fixture
def options(run, monkeypatch) -> Options:
    """Options of a run on the fake engine."""
    found = Backend(run.engine, run.builder)
    monkeypatch.setattr(preparation, "select_backend", lambda *_, **__: found)
    return Options(run=str(run.folder))


def test_run_stages_makes_what_is_missing_and_says_where(options, run, capsys):
    run_stages(options, ("vocab",))
    assert [command.stage for command in run.engine.ran] == ["extract", "trace", "vocab"]
    assert run.builder.built == ["base", "llvm", "trainer", "corpus"]
    assert f"results: {run.folder}" in capsys.readouterr().out.splitlines()
    run_stages(options, ("vocab",))
    assert len(run.engine.ran) == 3
    assert "everything is up to date" in capsys.readouterr().out


def test_a_dry_run_decides_and_touches_nothing(options, run, capsys):
    run_stages(Options(run=options.run, dry_run=True), ("vocab",))
    assert capsys.readouterr().out.splitlines()[-1] == "7 to run, 4 up to date or not needed"
    assert (run.engine.ran, run.folder.exists()) == ([], False)


def test_images_are_built_while_a_run_is_at_work(options, run):
    with exclusive(run.folder):
        build_images(options, ("corpus",))
        with pytest.raises(StageError):
            run_stages(options, ("vocab",))
    assert run.builder.built == ["base", "llvm", "corpus"]


def test_prepare_settles_the_policy_with_all_else(options, tmp_path):
    (tmp_path / "saved_model.pb").write_text("")
    assert prepare(options).wish.policy is None
    own = prepare(options, str(tmp_path)).wish.policy
    assert own is not None
    assert own.path == tmp_path


@pytest.mark.parametrize("keeps", [True, False])
def test_a_release_has_an_image_where_the_engine_keeps_images(
    options, run, tmp_path, monkeypatch, capsys, keeps
):
    run.engine.images = FakeStore() if keeps else None
    monkeypatch.setattr(make, "build_image", lambda run: "regalloc-release:1")
    release(options, "", str(tmp_path / "out"))
    assert ("image: regalloc-release:1" in capsys.readouterr().out) == keeps
    exported = read_exported(tmp_path / "out")
    assert exported is not None
    assert exported.stage == "release"


@pytest.mark.parametrize(("keeps", "built"), [(True, ["base"]), (False, [])])
def test_the_image_of_a_release_wants_its_base_planned_with_the_stages(
    options, run, monkeypatch, keeps, built
):
    run.engine.images = FakeStore() if keeps else None
    monkeypatch.setattr(make, "build_image", lambda run: "regalloc-release:1")
    run_stages(options, ("release",))
    run.engine.built.remove(prepare(options).wish.targets["base"].reference)
    run.builder.built.clear()
    release(options, "", "")
    assert run.builder.built == built
