from __future__ import annotations

from dataclasses import replace
from pathlib import Path, PurePosixPath

import pytest

from regalloc.engine.command import Command, Content, ImageRef, Mount, Sandbox, Session
from regalloc.engine.local import LocalEngine, local_folder, local_python, require_debian
from regalloc.errors import CorpusError, EngineError, ImageError, StageError

TRAINER = ImageRef("trainer", "1-t")


def command(root: Path, *contents: Content, **sandbox: object) -> Command:
    return Command(
        stage="extract",
        argv=("extract", "--seed=0"),
        sandbox=replace(
            Sandbox(
                image=TRAINER,
                python=TRAINER,
                mounts=(Mount(root / "corpus", PurePosixPath("/corpus"), read_only=False),),
                memory_mb=100,
                pids=10,
            ),
            **sandbox,
        ),
        contents=contents,
        root=root,
        run_id="r",
        tty=False,
    )


def test_stage_argv_is_dockers_with_the_folders_appended():
    engine = LocalEngine(Path("/checkout"), Path("/cache"))
    toolchain = Content(ImageRef("llvm", "1-l"), PurePosixPath("/opt/llvm"), "toolchain")
    objects = Content(ImageRef("corpus", "1-c"), PurePosixPath("/llvm_corpus"), "objects", True)
    assert engine.stage_argv(command(Path("/run"), toolchain, objects)) == (
        "/cache/local/trainer-1-t/venv/bin/python3",
        "-m",
        "regalloc",
        "extract",
        "--seed=0",
        "--root=/run",
        "--toolchain=/cache/local/llvm-1-l/opt/llvm",
        "--objects=/cache/local/corpus-1-c/llvm_corpus",
    )


def test_stage_argv_of_a_release_names_kit_and_policy_and_the_trainers_python():
    engine = LocalEngine(Path("/checkout"), Path("/cache"))
    kit = ImageRef("kit", "1-k")
    argv = engine.stage_argv(
        command(
            Path("/run"),
            Content(kit, PurePosixPath("/opt/kit"), "kit"),
            image=kit,
            mounts=(Mount(Path("/mine"), PurePosixPath("/policy"), flag="policy"),),
        )
    )
    assert argv[0] == "/cache/local/trainer-1-t/venv/bin/python3"
    assert argv[-2:] == ("--kit=/cache/local/kit-1-k/opt/kit", "--policy=/mine")


def fake_python(cache: Path, script: str) -> None:
    python = local_python(cache, TRAINER)
    python.parent.mkdir(parents=True)
    python.write_text(f"#!/bin/sh\n{script}\n")
    python.chmod(0o755)


def test_run_streams_and_warns_once(tmp_path, capfdbinary):
    fake_python(tmp_path, 'echo "$PYTHONPATH $PYTHONHASHSEED $HOME"')
    engine = LocalEngine(Path("/checkout"), tmp_path)
    engine.run(command(tmp_path))
    engine.run(command(tmp_path))
    out, err = capfdbinary.readouterr()
    assert out == b"/checkout 0 /tmp\n" * 2
    assert err == b"note: the local engine isolates nothing; stages run as you do\n"


@pytest.mark.parametrize(("code", "kind"), [(21, CorpusError), (1, StageError)])
def test_run_turns_the_exit_code_into_an_error(tmp_path, code, kind):
    fake_python(tmp_path, f"exit {code}")
    with pytest.raises(kind, match="stage extract failed"):
        LocalEngine(tmp_path, tmp_path).run(command(tmp_path))


def test_image_id_is_known_only_of_a_whole_image(tmp_path):
    engine = LocalEngine(tmp_path, tmp_path)
    llvm = ImageRef("llvm", "1-l")
    folder = local_folder(tmp_path, llvm)
    folder.mkdir(parents=True)
    assert engine.image_id(llvm) is None
    (folder / ".whole").write_text("regalloc-llvm:1-l\n")
    assert engine.image_id(llvm) == "local:regalloc-llvm:1-l"


def test_require_debian_takes_debian_12(tmp_path):
    release = tmp_path / "os-release"
    release.write_text('PRETTY_NAME="Debian"\nVERSION_ID="12"\nID=debian\n')
    require_debian(release)


@pytest.mark.parametrize(
    ("text", "seen"), [("ID=ubuntu\nVERSION_ID=\"24.04\"\n", "ubuntu 24.04"), ("", "nothing")]
)  # fmt: skip
def test_require_debian_says_what_it_found(tmp_path, text, seen):
    release = tmp_path / "os-release"
    release.write_text(text)
    with pytest.raises(EngineError) as caught:
        require_debian(release)
    assert caught.value.render() == (
        "error: there is no docker engine, and the local engine needs Debian 12\n"
        f"{release} says {seen}\nwhat to do: start docker, or work on Debian 12"
    )


def test_a_shell_is_the_users_own_and_starts_in_its_folder(tmp_path, monkeypatch):
    calls = []
    monkeypatch.setenv("SHELL", "/bin/sh")
    monkeypatch.setattr("subprocess.call", lambda argv, cwd: calls.append((argv, cwd)) or 3)
    sandbox = command(tmp_path).sandbox
    session = Session(program="shell", sandbox=sandbox, folder=tmp_path / "run", tty=True)
    assert LocalEngine(tmp_path, tmp_path).interact(session) == 3
    assert calls == [(["/bin/sh"], tmp_path / "run")]
    assert (tmp_path / "run").is_dir()


def test_a_program_in_python_wants_the_image_that_has_it(tmp_path, capfd):
    session = Session(program="python", argv=("serve",), sandbox=command(tmp_path).sandbox)
    engine = LocalEngine(tmp_path, tmp_path)
    fake_python(tmp_path, "pwd; exit 3")
    with pytest.raises(ImageError) as caught:
        engine.interact(session)
    assert caught.value.render() == (
        "error: there is no image regalloc-trainer:1-t\nwhat to do: make build-llvm"
    )
    (local_folder(tmp_path, TRAINER) / ".whole").write_text("")
    assert engine.interact(session) == 3
    assert capfd.readouterr().out == f"{Path.cwd()}\n"


def test_images_are_removed_by_name_whole_or_not(tmp_path):
    folders = [
        local_folder(tmp_path, ImageRef(name, tag))
        for name, tag in (("kit", "1-k"), ("llvm", "1-l"), ("llvm", "1-l.partial"), ("base", "b"))
    ]
    for folder in folders:
        folder.mkdir(parents=True)
    engine = LocalEngine(tmp_path, tmp_path)
    assert engine.remove_images(("kit", "llvm")) == tuple(map(str, folders[:3]))
    assert [path.name for path in (tmp_path / "local").iterdir()] == ["base-b"]


def test_what_is_mounted_is_found_where_it_is(tmp_path):
    mount = Mount(Path("/mine"), PurePosixPath("/policy"))
    assert LocalEngine(tmp_path, tmp_path).place_of(mount) == Path("/mine")
