import io

import pytest
from rich.progress import MofNCompleteColumn, Progress, TextColumn

from regalloc.console import PlainConsole
from regalloc.images.builders.build_progress import (
    BuildBar,
    BuildProgress,
    format_left,
    parse_count,
)


@pytest.mark.parametrize(
    ("line", "count"),
    [
        (b"#11 56.43 [35/232] Building CXX object x.o\n", (35, 232)),
        (b"[1/30] compile obj/driver.o\n", (1, 30)),
        (b"#25 [build 7/7] RUN x\n", None),
        (b"-- Testing: 10 tests\n", None),
        (b"\xff\xfe", None),
    ],
)
def test_counter_of_ninja_is_found_with_and_without_buildkit(line, count):
    assert parse_count(line) == count


def test_compiles_are_shown_with_rate_and_time_left_now_and_then():
    lines: list[str] = []
    now = [100.0]
    progress = BuildProgress("corpus", lines.append, 10.0, lambda: now[0])
    progress.step("[build 7/7] RUN build")
    progress.step("[build 7/7] RUN build")
    for second in range(21):
        now[0] = 160.0 + second
        progress.count(second, 40)
    assert lines == [
        "corpus 00:00 [build 7/7] RUN build",
        "corpus 01:10 10/40, 1.0/s, 30 s left",
        "corpus 01:20 20/40, 1.0/s, 20 s left",
    ]


def test_time_left_forgets_a_burst_of_cached_objects():
    lines: list[str] = []
    now = [0.0]
    progress = BuildProgress("llvm", lines.append, 10.0, lambda: now[0])
    for second in range(301):
        now[0] = float(second)
        progress.count(second * 10 if second <= 100 else 900 + second, 2000)
    assert lines[0] == "llvm 00:10 100/2000, 10.0/s, 3 min left"
    assert lines[-1] == "llvm 05:00 1200/2000, 1.0/s, 13 min left"


@pytest.mark.parametrize(
    ("seconds", "text"),
    [(7.4, "7 s"), (119, "119 s"), (125, "2 min"), (3599, "1 h 00 min"), (9000, "2 h 30 min")],
)
def test_time_left_is_read_at_a_glance(seconds, text):
    assert format_left(seconds) == text


def test_bar_shows_the_step_and_the_compiles():
    console = PlainConsole(file=io.StringIO(), width=100, force_terminal=True)
    columns = (TextColumn("{task.description}", markup=False), MofNCompleteColumn())
    with Progress(*columns, console=console, auto_refresh=False) as bar:
        shown = BuildBar(bar, "regalloc-corpus:1")
        shown.step("[build 7/7] RUN build")
        shown.count(35, 232)
    assert "regalloc-corpus:1 [build 7/7] RUN build" in console.file.getvalue()
    assert " 35/232" in console.file.getvalue()
