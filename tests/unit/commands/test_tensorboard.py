from __future__ import annotations

from pathlib import Path, PurePosixPath

import pytest

from regalloc.commands.tensorboard import START, curves_session, find_journals, serve_curves
from regalloc.engine.command import ImageRef, Mount, Sandbox, Session
from regalloc.errors import ConfigError, ImageError, ManifestError

TRAINER = ImageRef("trainer", "1-aaa")


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


def test_it_sees_the_journals_and_opens_one_port(run):
    trained(run.folder)
    run.engine.built.add("regalloc-trainer:1-aaa")
    assert serve_curves(run, [run.folder], 7007) == 0
    journal = Mount(run.folder / "output_model" / "events", PurePosixPath("/runs/run"))
    assert run.engine.sessions == [
        Session(
            program="python",
            argv=("-c", START, "--logdir_spec=run:/runs/run", "--host=0.0.0.0", "--port=7007"),
            sandbox=Sandbox(
                image=TRAINER,
                python=TRAINER,
                mounts=(journal,),
                network="bridge",
                memory_mb=1000,
                pids=8192,
            ),
            port=7007,
        )
    ]


def test_several_runs_are_named_at_their_places(run):
    session = curves_session(run, {"a": Path("/r/a"), "b": Path("/r/b")}, 7007)
    assert session.argv[2] == "--logdir_spec=a:/runs/a,b:/runs/b"


@pytest.mark.parametrize("port", [0, -1, 65536])
def test_what_is_no_port_is_refused(run, port):
    with pytest.raises(ConfigError, match=f"--port={port} is no port"):
        serve_curves(run, [run.folder], port)


def test_without_an_image_it_is_said_what_builds_it(run):
    trained(run.folder)
    with pytest.raises(ImageError) as caught:
        serve_curves(run, [run.folder], 6006)
    assert caught.value.resolution == "make build-llvm"


def test_interrupting_is_how_it_ends(run):
    trained(run.folder)
    run.engine.built.add("regalloc-trainer:1-aaa")
    run.engine.interrupt = True
    assert serve_curves(run, [run.folder], 6006) == 0
    assert len(run.engine.sessions) == 1
