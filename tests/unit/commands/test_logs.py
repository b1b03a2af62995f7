import os

import pytest

from regalloc.commands.logs import SHOWN, show_logs
from regalloc.errors import ConfigError, ManifestError
from regalloc.pipeline.manifest import StageFailure, record_of, write_failure, write_started


@pytest.fixture
def run(tmp_path):
    for number, (stage, lines) in enumerate((("vocab", 3), ("extract", 99))):
        folder = tmp_path / {"vocab": "vocab", "extract": "corpus"}[stage]
        write_started(folder, "k")
        log = record_of(folder, "log.txt")
        log.write_text("".join(f"{stage} {line}\n" for line in range(lines)))
        os.utime(log, (number, number))
    return tmp_path


def test_the_end_of_the_last_log_is_shown(run, capsys):
    show_logs(run, "", whole=False)
    lines = capsys.readouterr().out.splitlines()
    assert lines[0] == f"extract {99 - SHOWN}"
    assert lines[-2:] == [
        "extract 98", f"log of stage extract: {run}/records/corpus/log.txt",
    ]  # fmt: skip
    show_logs(run, "", whole=True)
    assert capsys.readouterr().out.splitlines()[0] == "extract 0"


def test_how_a_stage_ended_is_told(run, capsys):
    failure = StageFailure(
        error="it broke", exit_code=13, stopped=False, memory_mb=9, ended="2026-12-01T00:00:00"
    )
    write_failure(run / "vocab", failure)
    show_logs(run, "vocab", whole=False)
    assert capsys.readouterr().out.splitlines()[-1] == (
        "it failed (it broke), exit code 13, 2026-12-01T00:00:00, with 9 MiB of memory"
    )


@pytest.mark.parametrize(
    ("stage", "kind", "brief"),
    [
        ("nope", ConfigError, "there is no stage 'nope'"),
        ("train", ManifestError, "there is no log"),
    ],
)
def test_what_is_not_there_is_named(run, stage, kind, brief):
    with pytest.raises(kind, match=brief):
        show_logs(run, stage, whole=False)
