from __future__ import annotations

import subprocess
import sys

import pytest

from regalloc.errors import DiskError, ManifestError
from regalloc.layout import REPORT_PAGE
from regalloc.page.pages import write_page
from regalloc.pipeline.manifest import Manifest, write_manifest
from regalloc.report import report
from regalloc.summary.gathering import gather
from regalloc.summary.regressions import find_regressions
from regalloc.summary.results import RunResults
from tests.unit.report.samples import make_report


def write_stage(run, stage, folder, engine="docker engine 20.10"):
    (run / folder).mkdir(parents=True, exist_ok=True)
    manifest = Manifest(
        stage=stage,
        key="k",
        images={"trainer": "regalloc-trainer:1-a"},
        image_ids={},
        engine=engine,
        argv=(stage,),
        gin="Evaluate.min_compiled=0.9\nLimits.wall_s=120.0",
        versions={"llvm": "19.1.7"},
        seed=4,
        reads={},
        writes={},
        sizes={},
        duration_s=2.0,
        created="2026-01-01T00:00:00+00:00",
    )
    write_manifest(run / folder, manifest)


@pytest.fixture
def run(tmp_path):
    content = make_report(modules=6, functions=3)
    folder = tmp_path / "quick"
    (folder / "evaluation").mkdir(parents=True)
    report.write(content, folder / "evaluation" / "report.json")
    worst = find_regressions(content.held_out, 1)[0]
    cmd = folder / "corpus" / f"{worst.module}.cmd"
    cmd.parent.mkdir(parents=True)
    cmd.write_bytes(b"-cc1\0-O2\0")
    return folder


def test_page_is_made_of_what_the_run_left(run, tmp_path):
    write_stage(run, "train", "output_model")
    write_stage(run, "evaluate", "evaluation")
    content = gather(RunResults(run), tmp_path / "llvm")
    assert content.title == "quick"
    assert [stage.name for stage in content.stages] == ["train", "evaluate"]
    assert content.images == {"trainer": "regalloc-trainer:1-a"}
    assert content.settings == ("Evaluate.min_compiled=0.9", "Limits.wall_s=120.0")
    assert content.versions == {"llvm": "19.1.7"}
    worst = find_regressions(content.report.held_out, 1)[0]
    command = content.commands[worst.module, worst.function]
    assert command.startswith("docker run ")
    assert f"--volume={run}/corpus:/corpus:ro" in command


def test_commands_of_a_local_run_use_its_compiler(run, tmp_path):
    write_stage(run, "evaluate", "evaluation", engine="local processes, not isolated")
    (command,) = set(gather(RunResults(run), tmp_path / "llvm").commands.values())
    assert command.startswith(f"{tmp_path}/llvm/bin/clang -cc1 -O2")


def test_without_manifests_there_is_a_page_without_commands(run, tmp_path):
    content = gather(RunResults(run), tmp_path / "llvm")
    assert (content.stages, content.commands) == ((), {})


def test_page_lies_in_the_runs_folder(run, tmp_path):
    path = write_page(run, gather(RunResults(run), tmp_path / "llvm"))
    assert path == run / "report.html"
    assert path.read_text().startswith("<!doctype html>")
    assert sorted(entry.name for entry in run.iterdir()) == ["corpus", "evaluation", "report.html"]


def test_a_run_without_a_report_is_named(tmp_path):
    with pytest.raises(ManifestError) as caught:
        gather(RunResults(tmp_path / "none"), tmp_path)
    assert caught.value.render() == (
        f"error: there is no report in {tmp_path}/none\n"
        f"{tmp_path}/none/evaluation/report.json does not exist\n"
        "what to do: run invoke train, or name the folder of a run with --run"
    )


def test_a_report_of_an_older_version_is_refused(run, tmp_path):
    (run / "evaluation" / "report.json").write_text('{"version": 1}')
    with pytest.raises(ManifestError, match=f"version 1, this program reads {report.VERSION}"):
        write_page(run, gather(RunResults(run), tmp_path))


def test_a_page_that_cannot_be_written_is_named(run, tmp_path, monkeypatch):
    (run / REPORT_PAGE).mkdir()
    with pytest.raises(DiskError) as caught:
        write_page(run, gather(RunResults(run), tmp_path))
    assert caught.value.brief == f"{run}/report.html cannot be written"


def test_the_host_starts_without_what_only_pages_need():
    script = (
        "import sys, tasks; "
        "print(*sorted({'matplotlib', 'jinja2', 'numpy', 'PIL'} & set(sys.modules)))"
    )
    done = subprocess.run(
        [sys.executable, "-c", script], capture_output=True, text=True, check=True
    )
    assert done.stdout.strip() == ""
