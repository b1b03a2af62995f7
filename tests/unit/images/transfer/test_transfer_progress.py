from __future__ import annotations

import io

from rich.progress import Progress, TextColumn

from regalloc.console import PlainConsole
from regalloc.engine.store import Event
from regalloc.images.transfer.transfer_progress import (
    Layers,
    TransferBar,
    TransferLines,
    show_transfer,
)

PULL = (
    Event("host/x@sha256:0", "Pulling from x"),
    Event("a", "Already exists"),
    Event("b", "Pulling fs layer"),
    Event("c", "Pulling fs layer"),
    Event("b", "Downloading", 1_000_000, 4_000_000),
    Event("c", "Downloading", 3_500_000, 2_000_000),
)


def after(*events):
    layers = Layers()
    for event in events:
        layers.see(event)
    return layers.text()


def test_layers_count_what_is_done_and_the_bytes_that_are_known():
    assert after(*PULL[:4]) == "1/3 layers"
    assert after(*PULL) == "1/3 layers, 3.0 of 6.0 MB"
    assert after(*PULL, Event("b", "Extracting", 1, 4_000_000)) == "1/3 layers, 3.0 of 6.0 MB"
    assert after(*PULL, Event("c", "Pull complete")) == "2/3 layers, 3.0 of 6.0 MB"


def test_layers_of_a_push_and_of_a_load_are_done_in_other_words():
    push = (Event("a", "Pushed"), Event("b", "Layer already exists"), Event("c", "Mounted from y"))
    assert after(*push, Event("d", "Waiting")) == "3/4 layers"
    load = (Event("a", "Loading layer", 5, 5), Event("b", "Loading layer", 1, 5))
    assert after(*load).startswith("1/2 layers")


def test_lines_come_now_and_then_and_at_once_when_the_connection_fails():
    now, lines = [0.0], []
    shown = TransferLines("pull x", lines.append, 10.0, lambda: now[0])
    for second, event in enumerate([*PULL, *PULL[-2:] * 4]):
        now[0] = float(second)
        shown.see(event)
    for left in (5, 4, 3):
        shown.see(Event("b", f"Retrying in {left} seconds"))
    assert lines == [
        "pull x: 1/3 layers, 3.0 of 6.0 MB",
        "pull x: the connection failed; docker tries again",
    ]


def test_bar_shows_title_layers_and_failures():
    console = PlainConsole(file=io.StringIO(), width=100, force_terminal=True)
    column = TextColumn("{task.description} {task.completed}", markup=False)
    with Progress(column, console=console, auto_refresh=False) as bar:
        shown = TransferBar(bar, "pull [x]")
        for event in (*PULL, Event("b", "Retrying in 5 seconds")):
            shown.see(event)
    output = console.file.getvalue()
    assert "pull [x] 1/3 layers, 3.0 of 6.0 MB 1" in output
    assert "pull [x]: the connection failed; docker tries again" in output


def test_without_a_terminal_plain_lines_are_shown(capsys):
    with show_transfer("pull x") as watch:
        watch(Event("b", "Retrying in 5 seconds"))
    assert capsys.readouterr().out == "pull x: the connection failed; docker tries again\n"
