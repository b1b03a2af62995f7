from __future__ import annotations

import os
from pathlib import Path

import pytest

from regalloc.errors import ConfigError, ImageError, ManifestError
from regalloc.pipeline import tensorboard
from regalloc.pipeline.tensorboard import (
    START,
    container_argv,
    find_journals,
    local_argv,
    serve_curves,
)


def trained(folder):
    (folder / "output_model" / "events").mkdir(parents=True)
    return folder


def test_each_run_and_each_seed_has_a_name(tmp_path):
    quick, other = trained(tmp_path / "quick"), trained(tmp_path / "b" / "quick")
    seed = trained(tmp_path / "seeds" / "seed-1")
    (seed / "evaluation").mkdir()
    (seed / "evaluation" / "report.json").write_text("{}")
    assert find_journals([quick, tmp_path / "seeds", other]) == {
        "quick": quick / "output_model" / "events",
        "seeds-seed-1": seed / "output_model" / "events",
        "quick-2": other / "output_model" / "events",
    }


def test_a_run_without_curves_is_named(tmp_path):
    with pytest.raises(ManifestError) as caught:
        find_journals([tmp_path])
    assert caught.value.render() == (
        f"error: there are no curves in {tmp_path}\n"
        f"{tmp_path}/output_model/events does not exist\n"
        "what to do: run invoke train, or name the folder of a run with --run"
    )


def test_container_sees_the_journals_and_opens_one_port_on_loopback():
    argv = container_argv("regalloc-trainer:1", {"quick": Path("/r/events")}, 7007)
    assert argv == (
        "--rm", "--init", "--publish=127.0.0.1:7007:7007", "--read-only", "--tmpfs=/tmp",
        "--cap-drop=ALL", "--security-opt=no-new-privileges",
        f"--user={os.getuid()}:{os.getgid()}",
        "--env=HOME=/tmp", "--env=PYTHONHASHSEED=0", "--env=PYTHONDONTWRITEBYTECODE=1",
        "--env=PYTHONUNBUFFERED=1", "--volume=/r/events:/runs/quick:ro",
        "--entrypoint=/opt/venv/bin/python", "regalloc-trainer:1", "-c", START,
        "--logdir=/runs", "--bind_all", "--port=7007",
    )  # fmt: skip


def test_local_engine_serves_the_same():
    argv = local_argv(Path("/venv"), {"a": Path("/r/a"), "b": Path("/r/b")}, 7007)
    assert argv == (
        "/venv/bin/python3", "-c", START, "--logdir_spec=a:/r/a,b:/r/b", "--host=127.0.0.1",
        "--port=7007",
    )  # fmt: skip


@pytest.mark.parametrize("port", [0, -1, 65536])
def test_what_is_no_port_is_refused(run, port):
    with pytest.raises(ConfigError, match=f"--port={port} is no port"):
        serve_curves(run, [run.folder], port)


def test_without_an_image_it_is_said_what_builds_it(run):
    trained(run.folder)
    with pytest.raises(ImageError) as caught:
        serve_curves(run, [run.folder], 6006)
    assert caught.value.resolution == "make build-llvm"


def test_interrupting_is_how_it_ends(run, monkeypatch):
    def interrupt(_client, _argv):
        raise KeyboardInterrupt

    trained(run.folder)
    run.engine.images.add("regalloc-trainer:1-aaa")
    monkeypatch.setattr(tensorboard, "open_shell", interrupt)
    assert serve_curves(run, [run.folder], 6006) == 0
