from __future__ import annotations

from pathlib import Path

import pytest

from regalloc.engine.outcome import (
    Tail,
    check_exit,
    describe_exit,
    describe_failure,
    open_log,
    owner,
)
from regalloc.errors import CorpusError, MemoryLimitError, RegallocError, StageError, StoppedError


@pytest.mark.parametrize(
    ("code", "words"),
    [(0, "exit code 0"), (3, "exit code 3"), (137, "signal SIGKILL"), (-15, "signal SIGTERM"),
     (255, "exit code 255")],
)  # fmt: skip
def test_describe_exit_names_the_signal(code, words):
    assert describe_exit(code) == words


@pytest.mark.parametrize(("log", "line"), [(Path("/l"), "log: /l\n"), (None, "")])
def test_describe_failure_shows_a_command_that_can_be_run_again(log, line):
    assert describe_failure(("sh", "-c", "exit 3"), 3, "last", log) == (
        f"command: sh -c 'exit 3'\nended with: exit code 3\n{line}last"
    )


@pytest.mark.parametrize(
    ("code", "kind"), [(21, CorpusError), (130, StoppedError), (1, None), (13, None), (137, None)]
)
def test_owner_of_an_exit_code(code, kind):
    assert owner(code) is kind


def raised(*args: object) -> RegallocError:
    with pytest.raises(RegallocError) as caught:
        check_exit(*args)
    return caught.value


def test_check_exit_of_zero_is_silent():
    check_exit("trace", ("trace",), 0, "", False)


def test_check_exit_of_an_owned_code_only_adds_the_stage():
    error = raised("extract", ("extract",), 21, "said before")
    assert (type(error), error.render()) == (CorpusError, "error: stage extract failed")


def test_check_exit_of_a_kill_for_memory():
    error = raised("train", ("train", "--seed=0"), 137, "last", True)
    assert (type(error), error.render()) == (
        MemoryLimitError,
        "error: stage train ran out of memory\ncommand: train --seed=0\n"
        "ended with: signal SIGKILL\nlast\nwhat to do: use fewer --jobs, or more memory",
    )


def test_check_exit_of_anything_else_shows_command_code_and_last_lines():
    error = raised("trace", ("trace", "a b"), 1, "Traceback\nValueError")
    assert (type(error), error.render()) == (
        StageError,
        "error: stage trace failed\ncommand: trace 'a b'\nended with: exit code 1\n"
        "Traceback\nValueError\nwhat to do: this is a bug; run it with --debug",
    )


def test_tail_keeps_the_last_lines_as_a_terminal_would_show_them():
    tail = Tail()
    for chunk in (b"one\ntw", b"o\n\x1b[1m50%\r100%\x1b[0m\r\n" + b"more\n" * 17, b"end"):
        tail.feed(chunk)
    assert tail.text().split("\n") == ["two", "100%", *["more"] * 17, "end"]


def test_a_log_has_each_line_as_it_ends_and_no_more_than_fits(tmp_path, monkeypatch):
    path = tmp_path / "log"
    with open_log(path) as log:
        tail = Tail(log)
        tail.feed(b"one\x1b[31m\n  0%\r 50%\rtw")
        assert path.read_text() == "one\n"
        tail.feed(b"o \xff\x1b]0;t\x07\nrest")
        tail.end()
    assert path.read_text() == "one\ntwo \ufffd\\x1b]0;t\\x07\nrest\n"
    monkeypatch.setattr("regalloc.engine.outcome._LOG_CHARACTERS", 9)
    with open_log(path) as log:
        Tail(log).feed(b"12345\n67890\nabc\n")
    assert path.read_text() == "12345\nthe rest is left out: the log is full\n"
    with open_log(None) as log:
        assert log is None
