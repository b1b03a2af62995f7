from __future__ import annotations

from pathlib import PurePosixPath

from regalloc.commands.shell import enter_shell
from regalloc.engine.command import ImageRef, Mount, Sandbox, Session

TRAINER = ImageRef("trainer", "1-aaa")


def test_a_shell_sees_the_folders_there_are_and_may_write_them(run):
    (run.folder / "corpus").mkdir(parents=True)
    assert enter_shell(run) == 0
    corpus = Mount(run.folder / "corpus", PurePosixPath("/corpus"), read_only=False)
    assert run.engine.sessions == [
        Session(
            program="shell",
            sandbox=Sandbox(
                image=TRAINER, python=TRAINER, mounts=(corpus,), memory_mb=1000, pids=8192
            ),
            folder=run.folder,
            tty=True,
        )
    ]
