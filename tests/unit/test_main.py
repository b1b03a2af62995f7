import errno
import os
import signal
import subprocess
import sys

import pytest

from regalloc import __main__ as cli
from regalloc.errors import CorpusError
from regalloc.profiles import format_bindings, load_profile
from regalloc.settings import Limits, Network, Ppo, Rebel, Train
from regalloc.stages import table

BINDINGS = ("--bind=Vocab.quantiles=9", "--bind=Vocab.sampling_fraction=1.0")


@pytest.fixture(autouse=True)
def keep_sigterm():
    before = signal.getsignal(signal.SIGTERM)
    yield
    signal.signal(signal.SIGTERM, before)


def run_with(monkeypatch, stage_function, *args):
    monkeypatch.setattr(table, "function", lambda _stage: stage_function)
    return cli.main(["regalloc", "vocab", *BINDINGS, *args])


def test_stage_is_given_the_command_line(monkeypatch):
    seen = []
    assert run_with(monkeypatch, seen.append, "--seed=3", "--jobs=2", "--root=/r") == 0
    (context,) = seen
    assert (context.seed, context.jobs, str(context.root)) == (3, 2, "/r")
    assert (str(context.toolchain), str(context.objects)) == ("/opt/llvm", "/llvm_corpus")
    assert [section.quantiles for section in context.settings.sections] == [9]
    assert context.durations_s == {}


def test_stage_is_told_how_long_others_took(monkeypatch):
    seen = []
    assert run_with(monkeypatch, seen.append, "--took=extract:57.1", "--took=trace:5.0") == 0
    assert seen[0].durations_s == {"extract": 57.1, "trace": 5.0}


@pytest.mark.parametrize(("algorithm", "own"), [("ppo", Ppo), ("rebel", Rebel)])
def test_train_is_given_its_algorithms_section_alone(monkeypatch, algorithm, own):
    seen = []
    monkeypatch.setattr(table, "function", lambda _stage: seen.append)
    profile = load_profile("quick", [f"Train.algorithm={algorithm!r}"])
    sections = table.sections_of(table.find("train"), profile)
    bindings = format_bindings(profile.get(kind) for kind in sections)
    assert cli.main(["regalloc", "train", *(f"--bind={binding}" for binding in bindings)]) == 0
    assert list(seen[0].settings.sections) == [
        profile.get(kind) for kind in (Network, Train, Limits, own)
    ]


def interrupt(_context):
    os.kill(os.getpid(), signal.SIGTERM)


@pytest.mark.parametrize(
    ("error", "code", "text"),
    [
        (CorpusError("brief", "details", "do"), 21, "error: brief\ndetails\nwhat to do: do\n"),
        (OSError(errno.ENOSPC, "No space left on device"), 15, "error: the disk is full"),
        (OSError(errno.EROFS, "Read-only"), 15, "error: a folder cannot be written"),
        (OSError(errno.EACCES, "Permission denied"), 15, "error: a folder cannot be written"),
        (MemoryError(), 16, "error: out of memory"),
        (KeyboardInterrupt(), 130, "error: interrupted"),
    ],
)
def test_failure_becomes_its_exit_code(monkeypatch, capsys, error, code, text):
    def fail(_context):
        raise error

    assert run_with(monkeypatch, fail) == code
    printed = capsys.readouterr().err
    assert printed.startswith(text)
    assert "Traceback" not in printed


def test_traceback_is_shown_with_debug(monkeypatch, capsys):
    def fail(_context):
        raise CorpusError("brief")

    assert run_with(monkeypatch, fail, "--debug") == 21
    assert "Traceback" in capsys.readouterr().err


def test_defects_are_not_dressed_up(monkeypatch):
    def fail(_context):
        raise OSError(errno.ENOENT, "No such file")

    with pytest.raises(OSError, match="No such file"):
        run_with(monkeypatch, fail)


def test_sigterm_is_an_interrupt(monkeypatch):
    assert run_with(monkeypatch, interrupt) == 130


@pytest.mark.parametrize(
    ("args", "details"),
    [
        ([], "one stage expected, not none"),
        (["nothing"], "there is no stage 'nothing'"),
        (["trace", "vocab"], "one stage expected, not trace vocab"),
        (["trace", "--nothing"], "Unknown command line flag 'nothing'"),
        (["trace", "--jobs=0"], "jobs"),
        (["vocab", *BINDINGS, "--took=trace"], "--took=trace is no STAGE:SECONDS"),
    ],
)
def test_wrong_command_line_lists_the_stages(capsys, args, details):
    assert cli.main(["regalloc", *args]) == 10
    printed = capsys.readouterr().err
    assert details in printed
    assert "extract, trace, vocab, warmstart, train, evaluate" in printed


def test_help_lists_the_stages(capsys):
    assert cli.main(["regalloc", "--help"]) == 0
    printed = capsys.readouterr().out
    assert all(stage.name in printed and stage.summary in printed for stage in table.STAGES)


def test_start_imports_no_tensorflow():
    code = (
        "import sys, regalloc.__main__, regalloc.stages.extract, regalloc.stages.trace, "
        "regalloc.stages.vocab; sys.exit('tensorflow' in sys.modules)"
    )
    assert subprocess.run([sys.executable, "-c", code], check=False).returncode == 0
